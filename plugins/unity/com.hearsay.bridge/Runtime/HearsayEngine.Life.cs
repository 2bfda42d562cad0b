using System;
using System.Collections.Generic;
using Hearsay.Client;
using UnityEngine;

namespace Hearsay
{
    // Its life: which one is shared, its connection and its sidecar, and what is heard of models.
    public sealed partial class HearsayEngine
    {
        static readonly List<HearsayEngine> enabledEngines = new List<HearsayEngine>();
        static HearsayEngine shared;
        static bool isQuitting;

        /// <summary>
        /// The engine of the scene if there is one, else one that is made now and outlives scenes. Throws
        /// <see cref="InvalidOperationException"/> where no game runs.
        /// </summary>
        public static HearsayEngine Shared
        {
            get
            {
                if (shared != null) return shared;
                if (enabledEngines.Count > 0) return shared = enabledEngines[0];
                if (isQuitting || !Application.isPlaying)
                    throw new InvalidOperationException("There is no engine outside of a running game");
                var home = new GameObject("Hearsay");
                DontDestroyOnLoad(home);
                return shared = home.AddComponent<HearsayEngine>();
            }
        }

        // Before any scene; in the editor what is static may outlive the game before.
        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        static void BeginGame()
        {
            shared = null;
            isQuitting = false;
            enabledEngines.Clear();
            Application.quitting -= EndGame;
            Application.quitting += EndGame;
        }

        static void EndGame()
        {
            isQuitting = true;
        }

        void OnEnable()
        {
            enabledEngines.Add(this);
            Listen();
            isStarting = true;
        }

        // Not in OnEnable: whoever adds an engine by code sets its options in the same frame.
        void Begin()
        {
            isStarting = false;
            if (!string.IsNullOrWhiteSpace(url)) Open(url, token);
            else
            {
                Sidecar = new Sidecar(sidecarOptions);
                Sidecar.Ready += Open;
                Sidecar.Failed += OnSidecarFailed;
                Sidecar.Exited += OnSidecarExited;
                Sidecar.Start();
            }
        }

        void Update()
        {
            if (isStarting) Begin();
            if (Sidecar != null) Sidecar.Poll();
            connection.Poll();
        }

        void OnDisable()
        {
            enabledEngines.Remove(this);
            try
            {
                connection.Close();
            }
            finally
            {
                if (Sidecar != null) Sidecar.Stop();
                Sidecar = null;
                models.Clear();
            }
            var before = connection;
            connection = new Connection(); // What is asked while it is off waits in it.
            connection.Core.TakeOver(before.Core);
        }

        void OnDestroy()
        {
            isDestroyed = true;
            connection.Core.Deliver(); // Nobody will look again.
        }

        void Listen()
        {
            var core = connection.Core;
            core.Welcomed = OnWelcomed;
            core.ModelChanged = OnModelChanged;
            core.Faulted = OnFaulted;
            core.Dropped = reason => HearsayJob.Tell(Disconnected, each => each(reason));
            core.GaveUp = (code, message) => HearsayJob.Tell(Disconnected, each => each(message));
        }

        void Open(string address, string itsToken)
        {
            var websocket = Connection.AddressOf(address);
            if (websocket == null)
            {
                Despair(address + " is no address; write http://HOST:PORT");
                return;
            }
            connection.Open(websocket, itsToken, new ClientInfo
            {
                Name = Left(Application.productName, 128),
                Version = Version,
                Engine = Left("Unity " + Application.unityVersion, 64),
            });
        }

        static string Left(string text, int length)
        {
            return text.Length <= length ? text : text.Substring(0, length);
        }

        void OnWelcomed(Welcome welcome)
        {
            HearsayJob.Tell(Connected, each => each());
            foreach (var served in welcome.Models) OnModelChanged(served);
        }

        void OnModelChanged(ModelInfo changed)
        {
            ModelInfo before;
            models.TryGetValue(changed.Id, out before);
            models[changed.Id] = changed;
            if (changed.State == ModelState.Loading)
                HearsayJob.Tell(ModelLoadingProgress, each => each(changed.Id, changed.Progress));
            else if (before == null || before.State != changed.State)
            {
                if (changed.State == ModelState.Ready) HearsayJob.Tell(ModelLoadingCompleted, each => each(true));
                else if (changed.State == ModelState.Failed) HearsayJob.Tell(ModelLoadingCompleted, each => each(false));
            }
        }

        void OnFaulted(Fault fault)
        {
            if (fault.Code != ErrorCode.UnknownJob) // A cancel has met the job's end.
                Debug.LogWarning("Hearsay: " + fault.Message + " (" + fault.Code + ")");
        }

        void OnSidecarFailed(string message)
        {
            Debug.LogError("Hearsay: " + message);
            Despair(message);
        }

        void OnSidecarExited()
        {
            models.Clear();
            connection.Core.Wait("The sidecar has ended; its log says why: " + Sidecar.LogFile);
            connection.Flush();
        }

        void Despair(string message)
        {
            connection.Core.Despair(message);
            connection.Flush();
        }
    }
}
