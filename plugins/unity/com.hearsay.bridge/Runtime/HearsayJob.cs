using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using UnityEngine;

namespace Hearsay
{
    /// <summary>One request on its way through Hearsay; lives on the main thread.</summary>
    /// <remarks>
    /// <see cref="HearsayEngine"/> makes them. A job ends exactly once, with <see cref="Finished"/>; nothing is
    /// told before the call that made it has returned, and nothing after its end. What a listener throws goes
    /// to Unity's log and stops nothing.
    /// </remarks>
    public sealed class HearsayJob
    {
        readonly TaskCompletionSource<HearsayJob> completion = new TaskCompletionSource<HearsayJob>();
        readonly Dictionary<long, string> others = new Dictionary<long, string>();
        readonly Action<int> cancel;

        /// <summary>Tells how many tokens the prompt has: the request was understood and waits for its turn.</summary>
        public event Action<long> Started;

        /// <summary>Tells what the model has written since; only if the request streams.</summary>
        public event Action<string> ChunkReceived;

        /// <summary>The same for the further replies of a request for several, which count from 1.</summary>
        public event Action<int, string> AlternativeReceived;

        /// <summary>Tells what a model that thinks aloud has thought since.</summary>
        public event Action<string> ReasoningReceived;

        /// <summary>Tells the JSON pointer and the value when a value of a JSON reply is complete, if that was asked for.</summary>
        public event Action<string, object> FieldReceived;

        /// <summary>Tells a sentence and its number, from 0, when it is complete, if that was asked for.</summary>
        public event Action<int, string> SentenceReceived;

        /// <summary>Tells that the model calls a tool; <see cref="HearsayEngine.ToolResult"/> answers.</summary>
        public event Action<ToolCall> ToolCalled;

        /// <summary>Tells once that the job is over; see <see cref="Error"/> and <see cref="FinishReason"/>.</summary>
        public event Action<HearsayJob> Finished;

        internal HearsayJob(int id, Action<int> cancel)
        {
            Id = id;
            this.cancel = cancel;
        }

        /// <summary>The id that the submitting call returned.</summary>
        public int Id { get; }

        /// <summary>Everything written so far, of the first reply.</summary>
        public string Text { get; private set; } = "";

        /// <summary>Everything thought so far, of the first reply.</summary>
        public string Reasoning { get; private set; } = "";

        /// <summary>Why the reply ended, one of <see cref="Hearsay.FinishReason"/>; empty while it has not.</summary>
        public string FinishReason { get; private set; } = "";

        /// <summary>What went wrong, or null.</summary>
        public JobFailed Error { get; private set; }

        /// <summary>The whole answer, or null while there is none.</summary>
        public ChatResponse Response { get; private set; }

        /// <summary>Where the job's time went, or null while that is not known.</summary>
        public Timings Timings { get; private set; }

        /// <summary>What <see cref="HearsayEngine.SaveCharacter"/> is to put into a save-game.</summary>
        public string CharacterState { get; private set; } = "";

        /// <summary>What the sidecar let pass and is probably a slip, such as a misspelled field; Unity's log has it too.</summary>
        public IReadOnlyList<string> Warnings { get; private set; } = new string[0];

        /// <summary>Whether the job is over, well or not.</summary>
        public bool IsFinished { get; private set; }

        /// <summary>Whether it ended with a reply, if only with a part of one.</summary>
        public bool Succeeded => IsFinished && Error == null;

        /// <summary>Whether it was taken back, by <see cref="Cancel"/> or by a newer job of its key.</summary>
        public bool WasCancelled => FinishReason == Hearsay.FinishReason.Cancelled;

        /// <summary>The job itself once it is over; to be awaited. It never faults: see <see cref="Error"/>.</summary>
        public Task<HearsayJob> Completion => completion.Task;

        /// <summary>What was written so far of one of several replies; the first, 0, is <see cref="Text"/>.</summary>
        public string GetText(int index)
        {
            if (index == 0) return Text;
            string text;
            return others.TryGetValue(index, out text) ? text : "";
        }

        /// <summary>Takes the job back; what is written by then stays. One that is over stays as it is.</summary>
        public void Cancel()
        {
            if (!IsFinished) cancel(Id);
        }

        internal void Receive(ServerMessage message)
        {
            var chunk = message as JobChunk;
            var start = message as JobStarted;
            var sentence = message as JobSentence;
            var field = message as JobField;
            var called = message as JobToolCall;
            if (chunk != null) Take(chunk);
            else if (start != null) Start(start);
            else if (sentence != null)
                Tell(SentenceReceived, each => each((int)sentence.Number, sentence.Text));
            else if (field != null) Tell(FieldReceived, each => each(field.Path, field.Value));
            else if (called != null) Tell(ToolCalled, each => each(called.Call));
            else Finish(message);
        }

        // One listener's mistake is not another's.
        internal static void Tell<T>(T listeners, Action<T> call) where T : class
        {
            var all = listeners as Delegate;
            if (all == null) return;
            foreach (var listener in all.GetInvocationList())
            {
                try
                {
                    call(listener as T);
                }
                catch (Exception exception)
                {
                    Debug.LogException(exception);
                }
            }
        }

        void Start(JobStarted start)
        {
            Warnings = start.Warnings;
            foreach (var warning in start.Warnings)
                Debug.LogWarning("Hearsay: job " + Id + " was let pass with " + warning);
            Tell(Started, each => each(start.PromptTokens));
        }

        void Take(JobChunk chunk)
        {
            if (chunk.Reasoning)
            {
                if (chunk.Index != 0) return;
                Reasoning += chunk.Text;
                Tell(ReasoningReceived, each => each(chunk.Text));
            }
            else if (chunk.Index == 0)
            {
                Text += chunk.Text;
                Tell(ChunkReceived, each => each(chunk.Text));
            }
            else
            {
                others[chunk.Index] = GetText((int)chunk.Index) + chunk.Text;
                Tell(AlternativeReceived, each => each((int)chunk.Index, chunk.Text));
            }
        }

        void Finish(ServerMessage message)
        {
            Error = message as JobFailed;
            var done = message as JobDone;
            if (done != null) TakeResponse(done);
            var saved = message as CharacterSaved;
            if (saved != null) CharacterState = saved.State;
            IsFinished = true;
            Tell(Finished, each => each(this));
            completion.SetResult(this);
        }

        void TakeResponse(JobDone done)
        {
            Response = done.Response;
            Timings = done.Timings;
            foreach (var choice in Response.Choices)
            {
                var content = choice.Message.Content;
                if (choice.Index == 0)
                {
                    if (content != null) Text = content;
                    if (!string.IsNullOrEmpty(choice.Message.ReasoningContent))
                        Reasoning = choice.Message.ReasoningContent;
                    FinishReason = choice.FinishReason;
                }
                else if (!string.IsNullOrEmpty(content)) others[choice.Index] = content;
            }
        }
    }
}
