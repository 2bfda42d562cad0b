using System;
using System.Collections.Generic;
using System.Text;

namespace Hearsay.Client
{
    /// <summary>What a client has asked for and not been told the end of: jobs, questions, plain sayings.</summary>
    sealed class Book
    {
        readonly Func<double> clock;
        readonly Dictionary<string, Pending> jobs = new Dictionary<string, Pending>();
        readonly List<Dictionary<string, object>> sayings = new List<Dictionary<string, object>>();
        readonly List<Question> questions = new List<Question>();
        Dictionary<string, object> pace;

        /// <summary>The frames that are to be sent, in order.</summary>
        public readonly Queue<byte[]> Outbox = new Queue<byte[]>();

        /// <summary>Whether there is a connection; only then anything is put into <see cref="Outbox"/>.</summary>
        public bool Live;

        /// <summary>A book without entries; the clock counts seconds.</summary>
        public Book(Func<double> clock)
        {
            this.clock = clock;
        }

        /// <summary>How many jobs are open.</summary>
        public int Count => jobs.Count;

        /// <summary>The frame of a message. Throws <see cref="FormatException"/>.</summary>
        public static byte[] Encode(Dictionary<string, object> message)
        {
            return Encoding.UTF8.GetBytes(Json.Write(message));
        }

        /// <summary>Whether there is an open job of this name.</summary>
        public bool Has(string name)
        {
            return jobs.ContainsKey(name);
        }

        /// <summary>Puts a message into the outbox.</summary>
        public void Send(Dictionary<string, object> message)
        {
            Outbox.Enqueue(Encode(message));
        }

        /// <summary>Opens a job.</summary>
        public void Open(Pending pending)
        {
            jobs[pending.Name] = pending;
            if (Live) Order(pending);
        }

        /// <summary>Takes a job back; one that is over, or already taken back, stays as it is.</summary>
        public void Cancel(string name)
        {
            Pending pending;
            if (!jobs.TryGetValue(name, out pending) || pending.Cancelled) return;
            pending.Cancelled = true;
            if (Live) SendCancel(name);
        }

        /// <summary>Asks what has an answer.</summary>
        public void Ask(Question question)
        {
            questions.Add(question);
            if (Live) Send(question.Message);
        }

        /// <summary>
        /// Says what has no answer, now or as soon as there is a connection. Throws
        /// <see cref="FormatException"/> for what cannot be written, or has more than so many bytes.
        /// </summary>
        public void Say(Dictionary<string, object> message, long maxBytes)
        {
            var frame = Encode(message);
            if (frame.Length > maxBytes)
                throw new FormatException("The message has " + frame.Length + " bytes; " + maxBytes + " are allowed");
            var kind = Wire.Text(message, "type");
            Pending pending;
            if (kind == ToolResult.Tag && jobs.TryGetValue(Wire.Text(message, "job"), out pending))
                pending.Results[Wire.Text(message, "call")] = message;
            if (kind == Pace.Tag) pace = message;
            else if (!Live) sayings.Add(message);
            if (Live) Outbox.Enqueue(frame);
        }

        /// <summary>What is here of every job that the sidecar may know.</summary>
        public List<Seen> Seen()
        {
            var seen = new List<Seen>();
            foreach (var pending in jobs.Values)
                if (pending.Sent) seen.Add(pending.Seen());
            return seen;
        }

        /// <summary>Speaks over a new connection; `lost` are jobs that the sidecar does not know.</summary>
        public void GoOn(List<string> lost)
        {
            Live = true;
            foreach (var name in lost) Recover(name);
            foreach (var pending in new List<Pending>(jobs.Values))
            {
                if (!pending.Sent) Order(pending);
                if (pending.Cancelled) SendCancel(pending.Name);
            }
            foreach (var message in sayings) Send(message);
            sayings.Clear();
            foreach (var question in questions) Send(question.Message);
            if (pace != null) Send(pace);
        }

        /// <summary>Takes in what is said of a job; returns whether anything of it was new.</summary>
        public bool Hear(string name, ServerMessage message)
        {
            Pending pending;
            if (!jobs.TryGetValue(name, out pending)) return false; // Late words about a job that is over.
            var news = pending.News(message);
            if (pending.Gap != null)
            {
                Fail(pending, ErrorCode.BrokenStream, pending.Gap);
                if (Live) SendCancel(name); // Who heard of the failure may have closed everything.
                return true;
            }
            if (news == null)
            {
                AnswerAgain(pending, message as JobToolCall);
                return false;
            }
            if (IsLast(news)) jobs.Remove(name);
            pending.Job.Receive(news);
            return true;
        }

        /// <summary>Gives the answer to the oldest question of its kind.</summary>
        public void Answer(ServerMessage message)
        {
            var at = questions.FindIndex(question => question.Fits(message));
            if (at < 0) return;
            var answered = questions[at];
            questions.RemoveAt(at);
            answered.Answer(message);
        }

        /// <summary>Lets the jobs fail that the sidecar may have known; the others wait on.</summary>
        public void FailSent(string code, string message)
        {
            foreach (var pending in new List<Pending>(jobs.Values))
                if (pending.Sent) Fail(pending, code, message);
        }

        /// <summary>Lets everything fail.</summary>
        public void FailAll(string code, string message)
        {
            foreach (var pending in new List<Pending>(jobs.Values)) Fail(pending, code, message);
            sayings.Clear();
            var open = questions.ToArray();
            questions.Clear();
            foreach (var question in open) question.Answer(null);
        }

        static bool IsLast(ServerMessage message)
        {
            return message is JobDone || message is JobFailed || message is CharacterSaved || message is CharacterLoaded;
        }

        void Order(Pending pending)
        {
            pending.Sent = true;
            Send(pending.Due(clock()));
        }

        void SendCancel(string name)
        {
            Send(new CancelJob { Job = name }.ToMap());
        }

        void Recover(string name)
        {
            Pending pending;
            if (!jobs.TryGetValue(name, out pending)) return;
            if (pending.Heard) Fail(pending, ErrorCode.ConnectionLost, "The sidecar does not know this job any more");
            else pending.Sent = false; // Its submit went down with the connection: nothing was done yet.
        }

        void AnswerAgain(Pending pending, JobToolCall called)
        {
            Dictionary<string, object> result;
            if (called != null && pending.Results.TryGetValue(called.Call.Id, out result)) Send(result);
        }

        void Fail(Pending pending, string code, string message)
        {
            Pending open;
            // What another job's end brought about may have ended this one too.
            if (!jobs.TryGetValue(pending.Name, out open) || open != pending) return;
            jobs.Remove(pending.Name);
            pending.Job.Receive(new JobFailed { Job = pending.Name, Code = code, Message = message });
        }
    }
}
