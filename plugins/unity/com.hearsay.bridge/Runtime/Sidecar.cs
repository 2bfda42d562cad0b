using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Hearsay
{
    /// <summary>What a sidecar is doing.</summary>
    public enum SidecarState
    {
        /// <summary>Nothing is wanted of it.</summary>
        Stopped,

        /// <summary>Its process runs, and does not listen yet.</summary>
        Starting,

        /// <summary>It listens.</summary>
        Ready,

        /// <summary>It has ended unasked, and is started again in a moment.</summary>
        Waiting,

        /// <summary>It cannot be had.</summary>
        Failed,
    }

    /// <summary>Starts Hearsay's sidecar beside the game, and sees to it that it ends with it.</summary>
    /// <remarks>
    /// The sidecar ends when its standard input does, and this object holds the other end: a game that crashes or is
    /// killed lets go of it like one that is left. One that crashes is started again after a moment. Mobile systems,
    /// consoles and the web cannot start programs: there, only an engine with an address works.
    /// </remarks>
    public sealed class Sidecar
    {
        const double LookSeconds = 0.1;
        const double StartSeconds = 60;
        const double SteadySeconds = 30;

        static readonly double[] Pauses = { 0.25, 1, 4, 15 };
        static readonly Stopwatch Clock = Stopwatch.StartNew();

        readonly SidecarOptions options;
        Process process;
        Task<string> line, errors;
        double since, next;
        int crashes;

        /// <summary>Tells its address and the token that clients must know, each time it listens anew.</summary>
        public event Action<string, string> Ready;

        /// <summary>Tells what to do: it cannot be had.</summary>
        public event Action<string> Failed;

        /// <summary>Tells that one that was ready has ended unasked; it is started again by itself.</summary>
        public event Action Exited;

        /// <summary>One that is not started yet.</summary>
        public Sidecar(SidecarOptions options)
        {
            this.options = options;
        }

        /// <summary>What it is doing.</summary>
        public SidecarState State { get; private set; }

        /// <summary>Its process, once it is ready.</summary>
        public int ProcessId { get; private set; }

        /// <summary>The file it logs to, once it is ready.</summary>
        public string LogFile { get; private set; } = "";

        static double Now => Clock.Elapsed.TotalSeconds;

        /// <summary>Starts it; returns at once. Nothing happens if it is under way.</summary>
        public void Start()
        {
            if (State != SidecarState.Stopped && State != SidecarState.Failed) return;
            crashes = 0;
            Launch();
        }

        /// <summary>Lets go of it; returns at once. It ends by itself.</summary>
        public void Stop()
        {
            LetGo();
            State = SidecarState.Stopped;
        }

        /// <summary>To be called once a frame.</summary>
        public void Poll()
        {
            if (State == SidecarState.Starting) LookForLine();
            else if (State == SidecarState.Ready && Now >= next) LookAfter();
            else if (State == SidecarState.Waiting && Now >= next) Launch();
        }

        void Launch()
        {
            LetGo();
#if ENABLE_IL2CPP && !UNITY_EDITOR
            Fail("A game made with IL2CPP cannot start programs; start `hearsay serve` by other means and give its Url.");
#else
            try
            {
                Find();
            }
            catch (Exception exception) // Paths, pipes and systems fail in many ways, and all mean this.
            {
                Fail("The sidecar cannot be started (" + exception.Message + "). " + SidecarProgram.Advice);
            }
#endif
        }

        void Find()
        {
            var words = SidecarProgram.Find(options.Command);
            if (words.Length == 0) Fail("Hearsay's sidecar was not found. " + SidecarProgram.Advice);
            else if (!File.Exists(words[0])) Fail("There is no program " + words[0] + ". " + SidecarProgram.Advice);
            else Launch(words);
        }

        void Launch(string[] words)
        {
            var rest = new List<string>(words);
            rest.RemoveAt(0);
            rest.AddRange(Arguments());
            process = Process.Start(new ProcessStartInfo(words[0], Quoted(rest))
            {
                UseShellExecute = false,
                CreateNoWindow = true,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardOutputEncoding = Encoding.UTF8,
                StandardErrorEncoding = Encoding.UTF8,
            });
            // Both pipes are read to their end: a full one would stop the sidecar.
            var started = process;
            var first = new TaskCompletionSource<string>();
            line = first.Task;
            InBackground(() => ReadLines(started.StandardOutput, first));
            errors = InBackground(() => ReadAll(started.StandardError));
            Enter(SidecarState.Starting);
        }

        IEnumerable<string> Arguments()
        {
            yield return "serve";
            yield return "--sidecar";
            foreach (var model in options.Models)
            {
                yield return "--model";
                yield return SidecarProgram.Model(model);
            }
            if (options.Models.Length > 0)
            {
                yield return "--alias";
                yield return SidecarOptions.FirstModel + "=" + SidecarProgram.Model(options.Models[0]);
            }
            foreach (var word in options.Arguments) yield return word;
        }

        // A thread of its own: one that waits for a pipe is taken from nobody.
        static Task<string> InBackground(Func<string> read)
        {
            return Task.Factory.StartNew(read, CancellationToken.None, TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }

        static string ReadLines(StreamReader output, TaskCompletionSource<string> first)
        {
            try
            {
                first.TrySetResult(output.ReadLine());
            }
            catch (IOException)
            {
                first.TrySetResult(null);
            }
            return ReadAll(output);
        }

        static string ReadAll(StreamReader pipe)
        {
            try
            {
                return pipe.ReadToEnd();
            }
            catch (IOException)
            {
                return "";
            }
        }

        // As both Windows' C library and Mono take a command line apart.
        internal static string Quoted(IEnumerable<string> words)
        {
            var all = new StringBuilder();
            foreach (var word in words)
            {
                all.Append(all.Length > 0 ? " \"" : "\"");
                var slashes = 0;
                foreach (var sign in word)
                {
                    if (sign == '"') all.Append('\\', slashes + 1);
                    slashes = sign == '\\' ? slashes + 1 : 0;
                    all.Append(sign);
                }
                all.Append('\\', slashes).Append('"');
            }
            return all.ToString();
        }

        void LookAfter()
        {
            next = Now + LookSeconds;
            if (process.HasExited) Ended();
        }

        void LookForLine()
        {
            if (line.IsCompleted && line.Result != null) TakeLine(line.Result);
            else if (line.IsCompleted && errors.IsCompleted) Fail("The sidecar did not start: " + Said(errors.Result));
            else if (Now - since > StartSeconds) Fail("The sidecar did not start within " + StartSeconds + " s.");
        }

        void TakeLine(string text)
        {
            Dictionary<string, object> told = null;
            try
            {
                told = Json.Parse(text) as Dictionary<string, object>;
            }
            catch (FormatException)
            {
                // Told below, with what it said.
            }
            var url = told == null ? null : Wire.Text(told, "url");
            if (url == null)
            {
                Fail("The sidecar did not start; it said: " + text);
                return;
            }
            Enter(SidecarState.Ready);
            ProcessId = (int)(Wire.Integer(told, "pid") ?? 0);
            LogFile = Wire.Text(told, "log") ?? "";
            HearsayJob.Tell(Ready, each => each(url, Wire.Text(told, "token") ?? ""));
        }

        void Ended()
        {
            if (Now - since > SteadySeconds) crashes = 0;
            LetGo();
            crashes++;
            Enter(SidecarState.Waiting);
            next = Now + Pauses[Math.Min(crashes, Pauses.Length) - 1];
            HearsayJob.Tell(Exited, each => each());
            if (crashes > Pauses.Length && State == SidecarState.Waiting)
                Fail("The sidecar has ended again and again; its log says why: " + LogFile);
        }

        static string Said(string said)
        {
            if (said.Contains("No module named")) return "this Python has no Hearsay. " + SidecarProgram.Advice;
            var at = said.LastIndexOf("hearsay: ", StringComparison.Ordinal);
            var sentence = (at < 0 ? said : said.Substring(at + 9)).Trim();
            return sentence != "" ? sentence : "it said nothing.";
        }

        void Enter(SidecarState state)
        {
            State = state;
            since = Now;
        }

        // Its standard input ends here.
        void LetGo()
        {
            if (process == null) return;
            try
            {
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has ended already.
            }
            process = null; // Its pipes are read by tasks, which close them at its end.
        }

        void Fail(string message)
        {
            LetGo();
            State = SidecarState.Failed;
            HearsayJob.Tell(Failed, each => each(message));
        }
    }
}
