"""The wordings of what a character is asked about itself, and of who it is told to be."""

from __future__ import annotations

TELL = (
    "[Tell me|Tell me, please,|Please tell me|Can you tell me|Will you tell me|Would you tell me"
    "|Do tell me|I wonder|I would like to know|I want to know|I'd like to hear|Let me hear"
    "|I have to know|I should know|Would you say|Do you mind telling me|Be so kind and tell me"
    "|Nobody told me|I have no idea|First of all I must know|Explain to me]"
)
"""How an indirect question begins."""

ADDRESS = "[And|So|Well,|Now,|Tell me,|Say,|Listen,|Excuse me,|Friend,|Hey,|Just]"
"""What comes before a direct question without a meaning of its own."""

NAME = (
    f"{TELL} [who you are|what your name is|what you are called|what people call you][.|?|]",
    (
        f"{TELL} [who I am talking to|whom I am speaking to|what I should call you|who stands "
        "here][.|]"
    ),
    f"{TELL} [whom I have before me|what name you go by|by what name you are known][.|?]",
    "[May I know|Please tell me|I want to know|Will you tell me|Give me] your name[.|?|, please.]",
    f"{ADDRESS} [who are you|what is your name|what's your name|what are you called]?",
    "[What are you|How are you|And what are you|How is it you are] called[?|, friend?|, stranger?]",
    "[What name do you go by|By what name do people know you|What do people call you]?",
    "[What name did your mother give you|What name do you bear|Which name is yours]?",
    "[Who am I speaking to|With whom am I speaking|Who is talking to me|Whom am I talking with]?",
    "[Who is it that I am talking to|Who is it I speak to|Who is the one I am talking to]?",
    "[With whom do I have the pleasure|Whom do I have the honour to meet|Whom did I meet here]?",
    "[Who is this|Who is this in front of me|Who is that speaking|Who is speaking|Who is here]?",
    "[Who do I have before me|Who is standing there|Whose voice is this|And you are|You are]?",
    "[Do|Would] you [have a name|tell me your name|give me your name]?",
    "[Does anybody know your name|Is there a name I can call you|What do your friends call you]?",
    "[Your name, please.|Name?|Who stands before me?|Who goes there?|Who might I be talking to?]",
    (
        "[I don't think we have met.|We have not met before.|I do not know you.] [And you are|Who "
        "are you|What is your name|What are you called]?"
    ),
    (
        "[I am new here.|I have just arrived.|Good to meet you.] [Who are you|What is your "
        "name|And your name]?"
    ),
    "[How|What] [should|shall|may|can|do] I call you?",
    (
        "[Introduce yourself|Present yourself|Say who you are|State your name|Speak your "
        "name|Name yourself][.|, please.|!]"
    ),
    (
        "[Please introduce|Would you introduce|Can you introduce|Why don't you introduce] "
        "yourself[?|.]"
    ),
    "Who are you?",
    "Who are you?",
    "What is your name?",
    "What is your name?",
    "What's your name?",
    "Tell me your name.",
    "Can you tell me your name?",
    "May I know who you are?",
    "And who are you?",
    "Do you have a name?",
    "I would like to know your name.",
    "Who is there?",
    "Your name?",
    "Introduce yourself.",
    "[Hello|Hi|Good day], who are you?",
    "[Hello|Hi]! What is your name?",
    "[I forgot|I did not catch|I have not heard|I do not know] your name[.|. What is it?| yet.]",
    "[What was|What is] your name[ again|, friend|, my good friend|, did you say]?",
)
TRADE = (
    f"{TELL} [what you do|what you do for a living|what you do here|what you do all day][.|?]",
    (
        f"{TELL} [what your trade is|what your work is|what your job is|what kind of work is "
        "yours][.|]"
    ),
    (
        f"{TELL} [how you earn your bread|what you work as|which trade is yours|what you live "
        "from][.|]"
    ),
    "[What kind of|What sort of] [work|trade|job|craft] [do you have|is yours|is it that you do]?",
    (
        "[How do you earn your money|What do you live from|What are you working as|What keeps you "
        "busy]?"
    ),
    f"{ADDRESS} what [do you do|is your work|is your trade|is your job|is your craft]?",
    "[What do you work as|What is your calling|Which trade is yours|Which profession is yours]?",
    (
        "[What is it you do|What do you do all day|What is your business|What is your "
        "occupation][| here]?"
    ),
    "[How do you make a living|How do you make your money|How do you pay for your bread]?",
    "[Have you a|Do you have a|What about your] [trade|profession|job|craft]?",
    "[Tell me about|I want to hear about|Let us talk about] your [work|trade|job|craft|days][.|?]",
    "What do you do?",
    "What is your trade?",
    "How do you earn your bread?",
    "What are you doing here?",
    "Are you a {trade}?",
    "What is your work?",
    "What's your job?",
    "What do you do for a living?",
    "What kind of work do you do?",
    "What do you do here?",
    "Do you work here?",
    "[What are you|Are you someone important|What is your place in this town]?",
)
PLACE = (
    f"{TELL} [where I am|where we are|what this place is|where this is|where I ended up][.|?]",
    (
        f"{TELL} [what this town is called|which town this is|what place this is|what this town "
        "is][.|]"
    ),
    f"{TELL} [the name of this town|the name of this place|how this place is called][.|]",
    "[Do you know|Can you say|Do you have any idea] [where I am|where we are|what town this is]?",
    "[Which|What] [town|place|city] [is this|are we in|have we reached|is it|did I come to]?",
    "[How is|What do people call|What do they call] this [place called|town called]?",
    (
        "[I am lost.|I do not know this place.|I have just arrived.|I am new here.] [Where am "
        "I|Where are we|What town is this|What is this place]?"
    ),
    f"{ADDRESS} [where am I|where are we|what is this place|which town is this]?",
    "[Is this a town|Does this town have a name|Has this place got a name|Where did I end up]?",
    "[What is the name of|What name has|What is the name, again, of] this [place|town|city]?",
    "[In which town|In what town|In which place|At which place] [are we|am I|have I arrived]?",
    "Where are we?",
    "What is this place?",
    "Which town is this?",
    "Which place have I come to?",
    "What do you call this place?",
    "What is the name of this town?",
    "Where am I?",
    "What town is this?",
    "What is this town called?",
    "Where is this?",
    "What is this town?",
)
HOME = (
    f"{TELL} [where you live|where you are from|where your home is|where you were born][.|?]",
    f"{TELL} [where you come from|which town you come from|which town you call your home][.|]",
    "[Where do you|In which town do you|In what town do you] live?",
    "[Where were you born|What is your home|Which town is your home|Where did you grow up]?",
    f"{ADDRESS} [where are you from|where is your home|where do you live]?",
    (
        "[Which town do you call home|Where do you have your home|Where is your house|Where do "
        "you stay]?"
    ),
    "Where do you live?",
    "Which town do you come from?",
    "Were you born here?",
    "Where are you from?",
    "Where is your home?",
    "Do you live here?",
)
RUMOUR = (
    "Have you [heard anything new|heard anything|heard any news|heard something new] lately?",
    "[Tell me|What is|Let me hear|Give me] the [latest news|latest rumour|latest gossip][.|?]",
    "[What have you heard|What is new|What are people saying|What do the people talk about]?",
    "[Is there|Have you got|Do you have] [any news|any gossip|anything new|anything strange]?",
    "[What happened|Did anything happen|Has something happened] [lately|here|around here]?",
    f"{TELL} [what the news is|what people talk about|what you have heard|what is going on][.|]",
    (
        "[Does anybody|Do people|Do the guests|Do travellers] [tell stories|talk|whisper about "
        "anything]?"
    ),
    "[Has anybody told you|Do you know|Can you tell me] [a rumour|any rumours|a secret|some news]?",
    "Any rumors lately?",
    "Any rumours lately?",
    "Have you heard any news?",
    "What is the news?",
    "Have you heard any rumors?",
    "What do people say?",
    "Tell me a rumour.",
    "Any news?",
    "Heard anything interesting?",
    "What is going on around here?",
    (
        "[What do they talk about|What is everybody talking about|What are they whispering about] "
        "[in the town|here|in this town]?"
    ),
)
QUEST = (
    "[Is there|Do you have|Have you got] [any work|a task|something to do|a job|a quest] for me?",
    "[How can I help you|What can I do for you|How can I help|What may I do for you]?",
    (
        "[I need work.|I need coins.|I want to help.|I am an adventurer.] [Do you need "
        "anything?|What can I do?|Is there something to do?]"
    ),
    "[Do you need|Are you looking for] [someone|somebody|a hero|an adventurer|a strong arm]?",
    f"{TELL} [what you need|how I can help you|what I can do for you|what troubles you][.|]",
    (
        "[My sword is|I am|My bow is] [for hire|at your service|free]. [Do you have work|What is "
        "to do]?"
    ),
    "[Can I|May I|Let me] [help you|do something for you|be of use][?|.]",
    "Do you have work for me?",
    "Do you have a quest for me?",
    "Is there something I can do?",
    "Do you need help?",
    "I am looking for work.",
    "What do you need?",
    "What troubles you?",
)
RELATIVE = (
    "What is the name of your {kin_5}?",
    "Who is your {kin_5}?",
    "Do you have a {kin_5}?",
    "What is your {kin_5} called?",
    "[Tell me about|How is|Where is] your {kin_5}[.|?]",
    f"{TELL} [the name of your {{kin_5}}|what your {{kin_5}} is called|who your {{kin_5}} is][.|]",
    "[And your|What about your|You have a] {kin_5}[, what is the name|, who is that|]?",
    "[Do you remember|Give me|I forgot] the name of your {kin_5}[.|]",
    "[What do you|How do you] call your {kin_5}?",
)
EXTRA_INTRODUCTIONS = (
    (
        "[Take|Take on|Assume|Slip into|You have] the [role|part] of {name}, [a|the] {trade} "
        "[in|of] {place}."
    ),
    (
        "[You are playing|You will play|You will be|You now are|Today you are] {name}, a "
        "[{manner} |]{trade} in {place}."
    ),
    (
        "[Impersonate|Become|Speak for|Respond as|Reply as|Talk as] {name}, [a|the] [{manner} "
        "|]{trade} [in|of] {place}."
    ),
    (
        "[Your role|Your part|Your character|Role|Character|Persona]: {name}, [a|the] {trade} "
        "[in|of] {place}."
    ),
    (
        "[A traveller|A stranger|Someone|The player|A guest|A hero] [meets|comes to|visits|asks] "
        "you. [You are|Your name is] {name}, a [{manner} |]{trade} in {place}."
    ),
    (
        "[A traveller|A stranger|The player|A guest] [meets|comes to|visits] {name}, a {trade} in "
        "{place}. [That is you.|You are {name}.|You speak for {name}.]"
    ),
    (
        "The [scene|story|game] [is set|takes place] in {place}. [You are|Your name is|You play] "
        "{name}, [a|the] {trade}."
    ),
    (
        "[Welcome to {place}.|This is {place}.|We are in {place}.] You are {name}, [a|the] "
        "{trade} here."
    ),
    (
        "You are [a person|someone] named {name}[, and you live in {place}|, from {place}]. You "
        "are a {trade}."
    ),
    (
        "Your name is {name}[, you are|. You are|. You work as] a {trade}[, and your home is| in| "
        "of] {place}."
    ),
    (
        "You are the {trade} [in|of] {place}[, and your name is|. Your name is|. They call you|, "
        "called] {name}."
    ),
    "[People know you as|Everybody calls you|They call you] {name}. You are a {trade} in {place}.",
    ("[An honest|A known|A simple|A poor|A rich] {trade} in {place}, you are called {name}."),
    "As {name}, a {trade} in {place}, you [talk to|answer|meet] [the player|travellers|strangers].",
    "[You are|You play] an NPC[ in a game|]: {name}, [a|the] {trade} [in|of] {place}.",
    "Name: {name}, job: {trade}, town: {place}.",
    "Town: {place}. Name: {name}. [Work|Job|Trade]: {trade}.",
)
