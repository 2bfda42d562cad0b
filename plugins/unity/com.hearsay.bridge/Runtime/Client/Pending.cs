using System;
using System.Collections.Generic;

namespace Hearsay.Client
{
    /// <summary>One job from its submit to its last message, as its client knows it.</summary>
    sealed class Pending
    {
        const int Choices = Protocol.MaxChoices;

        readonly Dictionary<string, object> order;
        readonly double born;
        readonly HashSet<string> told = new HashSet<string>();

        // Code points received: of each choice's text, then of each choice's reasoning.
        readonly long[] offsets = new long[2 * Choices];

        /// <summary>Its name on the wire.</summary>
        public readonly string Name;

        /// <summary>What the game holds of it.</summary>
        public readonly HearsayJob Job;

        /// <summary>What tools have answered, by the call's id: it is sent again if the call comes again.</summary>
        public readonly Dictionary<string, Dictionary<string, object>> Results =
            new Dictionary<string, Dictionary<string, object>>();

        /// <summary>Whether it was sent, over whichever connection.</summary>
        public bool Sent;

        /// <summary>Whether the sidecar has said anything of it.</summary>
        public bool Heard;

        /// <summary>Whether it is to be taken back.</summary>
        public bool Cancelled;

        /// <summary>Which part of the reply is missing, after <see cref="News"/> has found that; else null.</summary>
        public string Gap;

        /// <summary>Notes what was asked at a time of the caller's clock, in seconds.</summary>
        public Pending(Dictionary<string, object> order, HearsayJob job, double now)
        {
            this.order = order;
            Name = (string)order["job"];
            Job = job;
            born = now;
        }

        bool Streams
        {
            get
            {
                var request = Wire.Map(order, "request");
                return request != null && Wire.Boolean(request, "stream") == true;
            }
        }

        /// <summary>What to send; time spent waiting for a connection is taken off its limits.</summary>
        public Dictionary<string, object> Due(double now)
        {
            var due = new Dictionary<string, object>(order);
            foreach (var limit in new[] { "deadline_ms", "first_token_by_ms" })
            {
                var allowed = Wire.Integer(order, limit);
                if (allowed != null) due[limit] = Math.Max(1, allowed.Value - (long)((now - born) * 1000));
            }
            return due;
        }

        /// <summary>How much is here, so that exactly the rest comes.</summary>
        public Seen Seen()
        {
            return new Seen { Job = Name, Offsets = OffsetsFrom(0), ReasoningOffsets = OffsetsFrom(Choices) };
        }

        /// <summary>What of a message is new; null if nothing is, see <see cref="Gap"/>.</summary>
        public ServerMessage News(ServerMessage message)
        {
            Heard = true;
            var chunk = message as JobChunk;
            if (chunk != null) return Take(chunk) ? chunk : null;
            var done = message as JobDone;
            if (done != null) return Whole(done) ? done : null;
            var key = Key(message);
            return key == null || told.Add(key) ? message : null;
        }

        // Cuts a chunk to what of it is new; returns whether anything is.
        bool Take(JobChunk chunk)
        {
            var begin = chunk.Offset - CodePoints.Count(chunk.Text);
            if (chunk.Index < 0 || chunk.Index >= Choices || begin < 0)
            {
                Gap = "A chunk of choice " + chunk.Index + " ends at " + chunk.Offset + ": that cannot be";
                return false;
            }
            var place = chunk.Index + (chunk.Reasoning ? Choices : 0);
            var have = offsets[place];
            if (begin > have) Gap = "The reply's code points " + have + " to " + begin + " did not come";
            if (begin > have || chunk.Offset <= have) return false;
            offsets[place] = chunk.Offset;
            if (begin < have) chunk.Text = CodePoints.Skip(chunk.Text, have - begin);
            return true;
        }

        // Names what is told once; a last message has no name, as nothing follows it anyway.
        static string Key(ServerMessage message)
        {
            if (message is JobStarted) return "started";
            var sentence = message as JobSentence;
            if (sentence != null) return "sentence " + sentence.Index + " " + sentence.Number;
            var field = message as JobField;
            if (field != null) return "field " + field.Index + " " + field.Path;
            var called = message as JobToolCall;
            return called != null ? "call " + called.Call.Id : null;
        }

        // A stream's end must have been streamed; a reply too long for one message came in chunks alone.
        bool Whole(JobDone done)
        {
            foreach (var choice in done.Response.Choices)
            {
                if (choice.Index < 0 || choice.Index >= Choices)
                {
                    Gap = "There is no choice " + choice.Index;
                    return false;
                }
                var message = choice.Message;
                if (IsCut(message.Content, choice.Index)
                    || IsCut(message.ReasoningContent, choice.Index + Choices)) return false;
                if (message.Content == null && offsets[choice.Index] > 0)
                    message.Content = Job.GetText((int)choice.Index);
                if (message.ReasoningContent == null && choice.Index == 0 && offsets[Choices] > 0)
                    message.ReasoningContent = Job.Reasoning;
            }
            return true;
        }

        bool IsCut(string text, long place)
        {
            if (text == null || !Streams || CodePoints.Count(text) <= offsets[place]) return false;
            Gap = "The reply's end, from code point " + offsets[place] + " on, was not streamed";
            return true;
        }

        List<long> OffsetsFrom(int place)
        {
            var found = new List<long>();
            for (var index = 0; index < Choices; index++)
            {
                if (offsets[place + index] == 0) continue;
                while (found.Count < index) found.Add(offsets[place + found.Count]);
                found.Add(offsets[place + index]);
            }
            return found;
        }
    }
}
