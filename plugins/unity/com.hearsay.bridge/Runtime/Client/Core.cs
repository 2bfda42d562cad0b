using System;
using System.Collections.Generic;
using System.Text;

namespace Hearsay.Client
{
    /// <summary>Where a client stands.</summary>
    enum State
    {
        /// <summary>Nobody to connect to is known yet.</summary>
        Idle,

        /// <summary>There is no connection; the next attempt comes when it is due.</summary>
        Down,

        /// <summary>There is a connection, hello was said, welcome has not come.</summary>
        Greeting,

        /// <summary>Messages flow.</summary>
        Live,

        /// <summary>The end: nothing is tried any more.</summary>
        Over,
    }

    /// <summary>The client's state machine: frames in, frames out; no sockets, and the clock is a parameter.</summary>
    /// <remarks>
    /// <see cref="Connection"/> carries the frames. What leads from which state to which is the table in the
    /// README of Hearsay's Python client; this one has a state more, Idle, in which jobs wait until it is
    /// known where the sidecar is.
    /// </remarks>
    sealed class Core
    {
        const int Misses = 3;
        const int Strikes = 3;

        static readonly Encoding Utf8 = new UTF8Encoding(false, true);
        static readonly string[] Final =
        {
            ErrorCode.Unauthorized, ErrorCode.Forbidden, ErrorCode.ProtocolMismatch,
        };

        readonly Func<double> clock;
        readonly Hello hello = new Hello();
        List<KeyValuePair<HearsayJob, JobFailed>> refusals = new List<KeyValuePair<HearsayJob, JobFailed>>();
        string session;
        string reason = "it does not answer";
        double due = double.PositiveInfinity;
        bool wasThere;
        int missed, strikes, pings;

        /// <summary>What was asked and not answered.</summary>
        public readonly Book Book;

        /// <summary>How long to wait for what.</summary>
        public readonly Outage Outage = new Outage();

        /// <summary>Hears each welcome: there is a new connection.</summary>
        public Action<Welcome> Welcomed = delegate { };

        /// <summary>Hears when a model is being loaded, is ready, has failed or was unloaded.</summary>
        public Action<ModelInfo> ModelChanged = delegate { };

        /// <summary>Hears what the sidecar complains of that belongs to no job.</summary>
        public Action<Fault> Faulted = delegate { };

        /// <summary>Hears why the connection is lost; it is tried again.</summary>
        public Action<string> Dropped = delegate { };

        /// <summary>Hears the code and the message when everything that was asked has failed.</summary>
        public Action<string, string> GaveUp = delegate { };

        /// <summary>Where it stands.</summary>
        public State State = State.Idle;

        /// <summary>Why the connection is to be closed; null while it is not.</summary>
        public string HangingUp;

        /// <summary>Why everything fails that is asked; null while the sidecar is not taken for gone.</summary>
        public Fault Lost;

        /// <summary>What the sidecar allows.</summary>
        public Limits Limits = new Limits
        {
            MaxFrameBytes = Protocol.MaxFrameBytes,
            MaxJobs = Protocol.MaxJobs,
            ResumeSeconds = Protocol.ResumeSeconds,
            IdleSeconds = Protocol.IdleSeconds,
        };

        /// <summary>What the sidecar can do, in the words of <see cref="Feature"/>.</summary>
        public List<string> Features = new List<string>();

        /// <summary>Where the sidecar is looked for, for people to read.</summary>
        public string Address = "";

        /// <summary>A client that knows nobody; the clock counts seconds.</summary>
        public Core(Func<double> clock)
        {
            this.clock = clock;
            Book = new Book(clock);
        }

        /// <summary>Whether the next attempt at a connection is due.</summary>
        public bool WantsConnection => State == State.Down && clock() >= due;

        /// <summary>Begins to look for a sidecar.</summary>
        public void Begin(string token, ClientInfo client)
        {
            hello.Protocol = Protocol.Version;
            hello.Token = string.IsNullOrEmpty(token) ? null : token;
            hello.Client = client;
            session = null;
            Lost = null;
            HangingUp = null; // It was for a connection that is not there any more.
            State = State.Down;
            Outage.End();
            due = Outage.Begin(clock(), false);
        }

        /// <summary>Opens a job. Its end, a refusal included, comes with a later <see cref="Deliver"/> or message.</summary>
        public void Submit(Dictionary<string, object> order, HearsayJob job)
        {
            var name = (string)order["job"];
            int size;
            try
            {
                var text = Json.Write(order);
                size = Encoding.UTF8.GetByteCount(text);
                // What waits is as it was asked, whatever becomes of the caller's lists.
                order = (Dictionary<string, object>)Json.Parse(text);
            }
            catch (FormatException exception)
            {
                Refuse(name, job, ErrorCode.InvalidRequest, exception.Message);
                return;
            }
            if (Lost != null) Refuse(name, job, Lost.Code, Lost.Message);
            else if (Book.Has(name)) Refuse(name, job, ErrorCode.DuplicateJob, "This job is open already");
            else if (Book.Count >= Limits.MaxJobs)
                Refuse(name, job, ErrorCode.Busy, Limits.MaxJobs + " jobs are open already; wait for one of them");
            else if (size > Limits.MaxFrameBytes)
                Refuse(name, job, ErrorCode.TooLarge,
                    "The request has " + size + " bytes; " + Limits.MaxFrameBytes + " are allowed");
            else Book.Open(new Pending(order, job, clock()));
        }

        /// <summary>Ends a job that cannot even be sent, at the next <see cref="Deliver"/>.</summary>
        public void Refuse(string name, HearsayJob job, string code, string message)
        {
            var failed = new JobFailed { Job = name, Code = code, Message = message };
            refusals.Add(new KeyValuePair<HearsayJob, JobFailed>(job, failed));
        }

        /// <summary>Tells the jobs that were refused. One that a game asks for meanwhile waits for the next call.</summary>
        public void Deliver()
        {
            if (refusals.Count == 0) return;
            var told = refusals;
            refusals = new List<KeyValuePair<HearsayJob, JobFailed>>();
            foreach (var refusal in told) refusal.Key.Receive(refusal.Value);
        }

        /// <summary>Tells later what another core was about to tell.</summary>
        public void TakeOver(Core other)
        {
            refusals.AddRange(other.refusals);
            other.refusals.Clear();
        }

        /// <summary>Asks what belongs to no job; the answer is null if there is nobody to ask.</summary>
        public void Ask(Question question)
        {
            if (Lost != null || State == State.Over) question.Answer(null);
            else Book.Ask(question);
        }

        /// <summary>Leaves: the sidecar forgets the session, and every open job fails.</summary>
        public void Close()
        {
            if (State == State.Live) Book.Send(new Goodbye().ToMap());
            End(ErrorCode.ConnectionLost, "This client was closed");
        }

        /// <summary>Waits for a new address: the process of the sidecar has ended. What it had fails; jobs that were not sent wait on.</summary>
        public void Wait(string message)
        {
            if (State == State.Over) return;
            var wasLive = State == State.Live;
            State = State.Idle;
            HangingUp = message;
            Book.Live = false;
            Book.Outbox.Clear();
            Outage.End();
            ForgetSession(ErrorCode.ConnectionLost, message);
            if (wasLive) Dropped(message);
        }

        /// <summary>Lets everything fail until <see cref="Begin"/> is called: there is no sidecar and none will come.</summary>
        public void Despair(string message)
        {
            Wait(message);
            GiveUp(ErrorCode.ConnectionLost, message);
        }

        /// <summary>Begins to speak over a new connection.</summary>
        public void Connected()
        {
            State = State.Greeting;
            due = clock() + Outage.GreetingSeconds;
            hello.Resume = session == null ? null : new Resume { Session = session, Seen = Book.Seen() };
            Book.Send(hello.ToMap());
        }

        /// <summary>Takes in one frame of the connection.</summary>
        public void Receive(byte[] frame)
        {
            if (HangingUp != null) return;
            if (frame.Length > Protocol.MaxFrameBytes)
            {
                Strike("a message is larger than " + Protocol.MaxFrameBytes + " bytes");
                return;
            }
            var map = Decode(frame);
            var fault = map == null ? "a message is no JSON object" : FaultOf(map);
            if (fault == null) Receive(ServerMessage.Read(map));
            else Strike(fault);
        }

        /// <summary>Takes in the sidecar's goodbye, and why it says so.</summary>
        public void Leave(string code, string message)
        {
            HangingUp = message != "" ? message : code;
            if (Array.IndexOf(Final, code) >= 0) End(code, message);
            else if (code == ErrorCode.UnknownSession || code == "bye") ForgetSession(ErrorCode.ConnectionLost, message);
        }

        /// <summary>Hangs up on garbage: the next connection brings again whatever it stood for.</summary>
        public void Strike(string what)
        {
            HangingUp = what;
            strikes++;
            if (strikes < Strikes) return;
            strikes = 0;
            Book.Send(new Goodbye().ToMap());
            ForgetSession(ErrorCode.BrokenStream, what);
        }

        /// <summary>Notes that a connection is closed or could not be opened; `refused`: nobody listens.</summary>
        public void Disconnected(string why, bool refused)
        {
            var wasLive = State == State.Live;
            reason = HangingUp ?? why;
            HangingUp = null;
            Book.Live = false;
            Book.Outbox.Clear();
            if (State == State.Down || State == State.Greeting || State == State.Live)
            {
                State = State.Down;
                due = Outage.Begin(clock(), refused);
                Tick();
            }
            if (wasLive) Dropped(reason);
        }

        /// <summary>Does what is due: gives up, hangs up, or pings.</summary>
        public void Tick()
        {
            var now = clock();
            if (State == State.Live)
            {
                if (now >= due) Beat();
            }
            else if (State == State.Down || State == State.Greeting)
            {
                if (Lost == null && now >= Outage.HopelessAt(session == null ? 0 : Limits.ResumeSeconds))
                    GiveUp(ErrorCode.ConnectionLost, WhyGone());
                if (State == State.Greeting && now >= due) HangingUp = "no welcome came in time";
            }
        }

        static Dictionary<string, object> Decode(byte[] frame)
        {
            try
            {
                return Json.Parse(Utf8.GetString(frame)) as Dictionary<string, object>;
            }
            catch (FormatException)
            {
                return null;
            }
            catch (DecoderFallbackException)
            {
                return null;
            }
        }

        static string FaultOf(Dictionary<string, object> map)
        {
            var tag = Wire.Text(map, "type");
            if (tag == null) return "a message has no type";
            var field = ServerMessage.FaultOf(map);
            return field == null ? null : "a message of type " + tag + " has a wrong field " + field;
        }

        void Receive(ServerMessage message)
        {
            missed = 0;
            var goodbye = message as ServerGoodbye;
            var welcome = message as Welcome;
            if (goodbye != null) Leave(goodbye.Code, goodbye.Message);
            else if (welcome != null) Welcome(welcome);
            else if (State == State.Greeting) Strike("a message came before welcome");
            else
            {
                Outage.End(); // More than a welcome came: the connection works.
                if (message != null) Hear(message); // Else it is from a newer sidecar.
            }
        }

        void Hear(ServerMessage message)
        {
            var job = JobOf(message);
            var change = message as ModelChanged;
            var fault = message as Fault;
            if (job != null)
            {
                if (Book.Hear(job, message)) strikes = 0;
            }
            else if (change != null) ModelChanged(change.Model);
            else if (fault != null) Faulted(fault);
            else Book.Answer(message);
        }

        static string JobOf(ServerMessage message)
        {
            switch (message.GetType().Name)
            {
                case nameof(JobChunk): return ((JobChunk)message).Job;
                case nameof(JobStarted): return ((JobStarted)message).Job;
                case nameof(JobField): return ((JobField)message).Job;
                case nameof(JobSentence): return ((JobSentence)message).Job;
                case nameof(JobToolCall): return ((JobToolCall)message).Job;
                case nameof(JobDone): return ((JobDone)message).Job;
                case nameof(JobFailed): return ((JobFailed)message).Job;
                case nameof(CharacterSaved): return ((CharacterSaved)message).Job;
                case nameof(CharacterLoaded): return ((CharacterLoaded)message).Job;
                default: return null;
            }
        }

        void Welcome(Welcome welcome)
        {
            if (State != State.Greeting)
            {
                Strike("it said welcome twice");
                return;
            }
            if (!welcome.Resumed)
                ForgetSession(ErrorCode.ConnectionLost, "The sidecar does not know this session any more");
            if (State != State.Greeting) return; // Who heard of that has left.
            State = State.Live;
            Lost = null;
            wasThere = true;
            session = welcome.Session;
            Limits = welcome.Limits;
            Features = welcome.Features;
            Book.GoOn(welcome.Lost);
            Ping(); // Its answer is the proof that the connection works.
            Welcomed(welcome);
        }

        void Beat()
        {
            if (missed >= Misses) HangingUp = "it is silent";
            else Ping();
        }

        void Ping()
        {
            due = clock() + (Outage.PingSeconds > 0 ? Outage.PingSeconds : Limits.IdleSeconds / 3);
            missed++;
            pings++;
            Book.Send(new Ping { Nonce = pings.ToString() }.ToMap());
        }

        void End(string code, string message)
        {
            if (State == State.Over) return;
            State = State.Over;
            HangingUp = message;
            GiveUp(code, message);
        }

        void ForgetSession(string code, string message)
        {
            session = null;
            Book.Live = false; // What a listener asks now goes with the next connection.
            Book.FailSent(code, message);
        }

        void GiveUp(string code, string message)
        {
            Lost = new Fault { Code = code, Message = message };
            session = null; // What it still has for us would only be about jobs that failed.
            Book.Live = false;
            Book.FailAll(code, message);
            GaveUp(code, message);
        }

        string WhyGone()
        {
            if (wasThere) return "The sidecar is gone: " + reason;
            return "Nobody answers at " + Address + " (" + reason + "); start one with `hearsay serve`, "
                + "or leave the url of the engine empty";
        }
    }
}
