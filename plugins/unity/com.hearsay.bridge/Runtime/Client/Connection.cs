using System;
using System.Diagnostics;

namespace Hearsay.Client
{
    /// <summary>Carries a core's frames over one WebSocket after another; polled once a frame, on the main thread.</summary>
    sealed class Connection
    {
        const string Path = "/v1/bridge";

        // What a frame of the game may spend on reading; the rest stays for the next frames.
        const long ReadMilliseconds = 2;

        // So long the game's end may wait until the sidecar has heard the goodbye.
        const int CloseMilliseconds = 100;

        static readonly Stopwatch Since = Stopwatch.StartNew();

        readonly Stopwatch reading = new Stopwatch();
        Uri address;
        Link link;
        double openBy;
        bool isClosing;

        /// <summary>What is said and heard.</summary>
        public readonly Core Core = new Core(() => Now);

        static double Now => Since.Elapsed.TotalSeconds;

        /// <summary>The WebSocket address for what a user writes, http://HOST:PORT for one; null if it is none.</summary>
        public static Uri AddressOf(string url)
        {
            Uri given;
            if (!Uri.TryCreate(url.Trim(), UriKind.Absolute, out given) || given.Host == "") return null;
            var isSafe = given.Scheme == "https" || given.Scheme == "wss";
            if (!isSafe && given.Scheme != "http" && given.Scheme != "ws") return null;
            var path = given.AbsolutePath.Trim('/');
            var written = new UriBuilder(given) { Scheme = isSafe ? "wss" : "ws" };
            if (path == "" || path == "v1") written.Path = Path; // /v1 is OpenAI's clients' habit.
            if (given.IsDefaultPort) written.Port = isSafe ? 443 : 80;
            return written.Uri;
        }

        /// <summary>Begins to look for a sidecar.</summary>
        public void Open(Uri at, string token, ClientInfo client)
        {
            Release();
            address = at;
            Core.Address = at.ToString();
            Core.Begin(token, client);
        }

        /// <summary>Does what is to be done: connect, read, write.</summary>
        public void Poll()
        {
            Core.Deliver();
            if (link != null) Carry();
            else if (Core.WantsConnection) Connect();
            Core.Tick();
            Flush();
        }

        /// <summary>Sends what is to be sent at once instead of with the next <see cref="Poll"/>.</summary>
        public void Flush()
        {
            if (link == null || isClosing) return; // Who hears of the end may ask for more.
            if (link.WasOpened) Write();
            if (Core.HangingUp != null) Drop("hung up");
        }

        /// <summary>Says goodbye; what is open fails.</summary>
        public void Close()
        {
            isClosing = true;
            Core.Close();
            if (link != null && link.WasOpened && !link.IsClosed)
            {
                Write();
                link.Close(CloseMilliseconds);
            }
            Release();
            isClosing = false;
            Core.Deliver();
        }

        /// <summary>Cuts the connection without a word, as a broken network does; the next one resumes the session.</summary>
        public void Drop(string reason)
        {
            Release();
            Core.Disconnected(reason, false);
        }

        void Connect()
        {
            openBy = Now + Core.Outage.GreetingSeconds;
            link = new Link();
            link.Open(address);
        }

        void Carry()
        {
            // Asked before it is read: what came before the end is there then.
            var isClosed = link.IsClosed;
            if (!link.WasOpened)
            {
                if (isClosed) End(link.Reason, link.WasRefused);
                else if (Now >= openBy) Drop("no connection could be made in time");
                return;
            }
            if (Core.State == State.Down) Core.Connected();
            if (Read() && isClosed && link != null) Closed();
        }

        // Returns whether that was all.
        bool Read()
        {
            reading.Restart();
            byte[] frame;
            // Whoever is told of a message may close everything.
            while (link != null && Core.HangingUp == null && link.TryReceive(out frame))
            {
                Core.Receive(frame);
                if (reading.ElapsedMilliseconds >= ReadMilliseconds) return false;
            }
            return true;
        }

        void Closed()
        {
            var ended = link;
            if (ended.BrokeRules && Core.HangingUp == null) Core.Strike("what came was no message: " + ended.Reason);
            if (link == ended) End(ended.Reason, false); // Who heard of that may have closed everything.
        }

        void End(string reason, bool refused)
        {
            Release();
            Core.Disconnected(reason, refused);
        }

        void Release()
        {
            if (link != null) link.Abort();
            link = null;
        }

        void Write()
        {
            while (Core.Book.Outbox.Count > 0) link.Send(Core.Book.Outbox.Dequeue());
        }
    }
}
