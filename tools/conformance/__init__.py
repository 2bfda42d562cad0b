"""One suite of scenarios that any client of the job protocol can be driven through."""
