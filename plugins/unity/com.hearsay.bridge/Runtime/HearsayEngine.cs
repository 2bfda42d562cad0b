using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Hearsay.Client;
using UnityEngine;

namespace Hearsay
{
    /// <summary>The connection between a game and Hearsay: replies are asked for here, and told here.</summary>
    /// <remarks>
    /// Everything is called and told on the main thread. It connects, or starts a sidecar of its own, in its first
    /// frame after it was enabled, and lets go of it when it is disabled.
    /// <code>
    /// var engine = HearsayEngine.Shared;
    /// engine.InferenceTokenGenerated += (job, token) => dialogue.text += token;
    /// engine.StreamChatCompletions(json);
    /// </code>
    /// </remarks>
    [AddComponentMenu("Hearsay/Hearsay Engine")]
    [DisallowMultipleComponent]
    [DefaultExecutionOrder(-1000)]
    public sealed partial class HearsayEngine : MonoBehaviour
    {
        /// <summary>The version of this package.</summary>
        public const string Version = "0.1.0";

        [SerializeField, Tooltip("The address of a sidecar that runs already, http://127.0.0.1:11434. Empty: one is started.")]
        string url = "";

        [SerializeField, Tooltip("The token of the sidecar at that address, if it wants one.")]
        string token = "";

        [SerializeField, Tooltip("The model that is asked where a request names none. Empty: the first of the models below, else the small built-in one.")]
        string model = "";

        [SerializeField, Tooltip("How a sidecar is started.")]
        SidecarOptions sidecarOptions = new SidecarOptions();

        readonly Dictionary<int, HearsayJob> jobs = new Dictionary<int, HearsayJob>();
        readonly Dictionary<string, ModelInfo> models = new Dictionary<string, ModelInfo>();
        Connection connection = new Connection();
        int lastId;
        bool isStarting, isDestroyed;

        /// <summary>Tells a job of <see cref="AsyncChatCompletions(string)"/> and its whole answer, as JSON.</summary>
        public event Action<int, string> AsyncRequestCompleted;

        /// <summary>Tells a job of <see cref="StreamChatCompletions(string)"/> and what was written since.</summary>
        public event Action<int, string> InferenceTokenGenerated;

        /// <summary>Tells that a job of <see cref="StreamChatCompletions(string)"/> has come to its end.</summary>
        public event Action<int> InferenceCompleted;

        /// <summary>Tells a job of either that has failed, one of <see cref="ErrorCode"/>, and what to do.</summary>
        public event Action<int, string, string> RequestFailed;

        /// <summary>Tells that a job of either was taken back.</summary>
        public event Action<int> RequestCancelled;

        /// <summary>Tells that there is a new connection.</summary>
        public event Action Connected;

        /// <summary>Tells why the connection is lost; it is tried again.</summary>
        public event Action<string> Disconnected;

        /// <summary>Tells how far a model is loaded, from 0 to 1.</summary>
        public event Action<string, double> ModelLoadingProgress;

        /// <summary>Tells whether a model is ready, or cannot be loaded.</summary>
        public event Action<bool> ModelLoadingCompleted;

        /// <summary>The address of a sidecar that runs already; empty: one is started. Takes effect when the engine is enabled next.</summary>
        public string Url
        {
            get { return url; }
            set { url = value; }
        }

        /// <summary>The token of the sidecar at <see cref="Url"/>, if it wants one.</summary>
        public string Token
        {
            get { return token; }
            set { token = value; }
        }

        /// <summary>The model that is asked where a request names none; empty: the first of the options' models, else the small built-in one.</summary>
        public string Model
        {
            get { return model; }
            set { model = value; }
        }

        /// <summary>How a sidecar is started. Takes effect when the engine is enabled next.</summary>
        public SidecarOptions SidecarOptions => sidecarOptions;

        /// <summary>The sidecar that was started, or null.</summary>
        public Sidecar Sidecar { get; private set; }

        /// <summary>Whether there is a connection to a sidecar.</summary>
        public bool IsLive => connection.Core.State == State.Live;

        /// <summary>What the sidecar serves, as far as it is known.</summary>
        public IReadOnlyCollection<ModelInfo> KnownModels => models.Values;

        /// <summary>Asks for a reply; returns the job's id. <see cref="AsyncRequestCompleted"/> brings it, whole.</summary>
        public int AsyncChatCompletions(string json)
        {
            return Ask(job => Send(job, json, false));
        }

        /// <summary>The same for a request that was built.</summary>
        public int AsyncChatCompletions(ChatRequest request)
        {
            return Ask(job => Send(job, new SubmitChat { Request = request }.ToMap(), false));
        }

        /// <summary>
        /// Asks for a reply as it is written; returns the job's id. <see cref="InferenceTokenGenerated"/> brings its
        /// text, <see cref="InferenceCompleted"/> its end.
        /// </summary>
        public int StreamChatCompletions(string json)
        {
            return Stream(job => Send(job, json, true));
        }

        /// <summary>The same for a request that was built.</summary>
        public int StreamChatCompletions(ChatRequest request)
        {
            return Stream(job => Send(job, new SubmitChat { Request = request }.ToMap(), true));
        }

        /// <summary>Asks for a reply and returns the job, which has events and a task of its own.</summary>
        /// <param name="order">The request and what goes beside it; the id of the job is given here.</param>
        public HearsayJob Submit(SubmitChat order)
        {
            var job = NewJob();
            Send(job, order.ToMap(), Wire.Boolean(order.Request.ToMap(), "stream") == true);
            return job;
        }

        /// <summary>Asks for a reply and returns the job; `stream` is whether its text comes as it is written.</summary>
        public HearsayJob Submit(ChatRequest request, bool stream = true)
        {
            var job = NewJob();
            Send(job, new SubmitChat { Request = request }.ToMap(), stream);
            return job;
        }

        /// <summary>Has the beginning of conversations read ahead, so that the first reply comes sooner.</summary>
        public HearsayJob Prepare(Prepare prefix)
        {
            var job = NewJob();
            var order = prefix.ToMap();
            if (prefix.Model == "") order["model"] = DefaultModel();
            Order(job, order);
            return job;
        }

        /// <summary>Takes a job back; it ends with <see cref="RequestCancelled"/>. One that is over stays as it is.</summary>
        public void Cancel(int jobId)
        {
            connection.Core.Book.Cancel(jobId.ToString());
            connection.Flush();
        }

        /// <summary>An open job of <see cref="AsyncChatCompletions(string)"/> or <see cref="StreamChatCompletions(string)"/>; else null.</summary>
        public HearsayJob Job(int jobId)
        {
            HearsayJob job;
            return jobs.TryGetValue(jobId, out job) ? job : null;
        }

        /// <summary>Tells how many code points of a reply the player has heard before it was interrupted.</summary>
        public void Heard(int jobId, int characters)
        {
            Say(new Heard { Job = jobId.ToString(), Characters = characters });
        }

        /// <summary>
        /// Tells what a tool has answered; `callId` is that of <see cref="HearsayJob.ToolCalled"/>. Throws
        /// <see cref="FormatException"/> for an answer that is too large for one message.
        /// </summary>
        public void ToolResult(int jobId, string callId, string content)
        {
            Say(new ToolResult { Job = jobId.ToString(), Call = callId, Content = content });
        }

        /// <summary>Tells how much of the machine the game can spare from now on. Throws <see cref="FormatException"/> for what is no number.</summary>
        public void Pace(Pace pace)
        {
            Say(pace);
        }

        /// <summary>Whether the sidecar can do something, in the words of <see cref="Feature"/>.</summary>
        public bool HasFeature(string feature)
        {
            return connection.Core.Features.Contains(feature);
        }

        /// <summary>How busy the sidecar is; null if it is gone.</summary>
        public Task<Status> GetStatusAsync()
        {
            var status = new TaskCompletionSource<Status>();
            if (isDestroyed) return Task.FromResult<Status>(null);
            connection.Core.Ask(new Question(new GetStatus(), typeof(Status), answer => status.SetResult((Status)answer)));
            connection.Flush();
            return status.Task;
        }

        /// <summary>Loads a model that is known but not loaded; <see cref="ModelLoadingCompleted"/> tells how it went.</summary>
        public void LoadModel(string id)
        {
            Say(new LoadModel { Model = id });
        }

        /// <summary>Gives a model's memory back; its jobs fail.</summary>
        public void UnloadModel(string id)
        {
            Say(new UnloadModel { Model = id });
        }

        /// <summary>Asks for a character's state, for a save-game: <see cref="HearsayJob.CharacterState"/> of the job.</summary>
        public HearsayJob SaveCharacter(string character)
        {
            var job = NewJob();
            Order(job, new SaveCharacter { Character = character }.ToMap());
            return job;
        }

        /// <summary>Gives a character the state back that <see cref="SaveCharacter"/> told.</summary>
        public HearsayJob LoadCharacter(string character, string state)
        {
            var job = NewJob();
            Order(job, new LoadCharacter { Character = character, State = state }.ToMap());
            return job;
        }

        /// <summary>Cuts the connection as a broken network does, to see what a game makes of it.</summary>
        public void DropConnection()
        {
            connection.Drop("the connection was cut");
        }

        HearsayJob NewJob()
        {
            if (isDestroyed) throw new InvalidOperationException("This engine was destroyed");
            return new HearsayJob(++lastId, Cancel);
        }

        int Ask(Action<HearsayJob> send)
        {
            var job = NewJob();
            jobs[job.Id] = job;
            job.Finished += OnAsked;
            send(job);
            return job.Id;
        }

        int Stream(Action<HearsayJob> send)
        {
            var job = NewJob();
            jobs[job.Id] = job;
            job.ChunkReceived += text => HearsayJob.Tell(InferenceTokenGenerated, each => each(job.Id, text));
            job.Finished += OnStreamed;
            send(job);
            return job.Id;
        }

        void Send(HearsayJob job, string json, bool stream)
        {
            try
            {
                var request = Json.Parse(json ?? "") as Dictionary<string, object>;
                if (request == null) throw new FormatException("The request is JSON, but not an object in braces");
                Send(job, new Dictionary<string, object> { { "type", SubmitChat.Tag }, { "request", request } }, stream);
            }
            catch (FormatException exception)
            {
                connection.Core.Refuse(job.Id.ToString(), job, ErrorCode.InvalidRequest, exception.Message);
            }
        }

        void Send(HearsayJob job, Dictionary<string, object> order, bool stream)
        {
            var inner = order["request"] as IJson;
            var request = inner != null ? inner.ToMap() : (Dictionary<string, object>)order["request"];
            request["stream"] = stream;
            if (!request.ContainsKey("model") || Equals(request["model"], "")) request["model"] = DefaultModel();
            order["request"] = request;
            Order(job, order);
        }

        void Order(HearsayJob job, Dictionary<string, object> order)
        {
            order["job"] = job.Id.ToString();
            connection.Core.Submit(order, job);
            connection.Flush();
        }

        string DefaultModel()
        {
            if (!string.IsNullOrWhiteSpace(model)) return model;
            return string.IsNullOrWhiteSpace(url) && sidecarOptions.Models.Length > 0 ? SidecarOptions.FirstModel : SidecarOptions.EmbeddedModel;
        }

        void Say(ClientMessage message)
        {
            connection.Core.Book.Say(message.ToMap(), connection.Core.Limits.MaxFrameBytes);
            connection.Flush();
        }

        void End(HearsayJob job, Action complete)
        {
            if (job.Error != null)
                HearsayJob.Tell(RequestFailed, each => each(job.Id, job.Error.Code, job.Error.Message));
            else if (job.WasCancelled) HearsayJob.Tell(RequestCancelled, each => each(job.Id));
            else complete();
            jobs.Remove(job.Id);
        }

        void OnAsked(HearsayJob job)
        {
            End(job, () =>
            {
                var response = Json.Write(job.Response);
                HearsayJob.Tell(AsyncRequestCompleted, each => each(job.Id, response));
            });
        }

        void OnStreamed(HearsayJob job)
        {
            End(job, () => HearsayJob.Tell(InferenceCompleted, each => each(job.Id)));
        }
    }
}
