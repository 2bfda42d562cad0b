using System;

namespace Hearsay.Client
{
    /// <summary>How long to wait for a sidecar, and when to take it for gone; times are in seconds.</summary>
    sealed class Outage
    {
        readonly Random random = new Random();
        double since = double.PositiveInfinity;
        int attempts;
        bool isRefused;

        /// <summary>How long nobody may listen at the address until the sidecar is taken for gone.</summary>
        public double RefusedSeconds = 2.5;

        /// <summary>How long a connection and its welcome may take.</summary>
        public double GreetingSeconds = 5;

        /// <summary>The wait before the second attempt; each later one is twice as long. The first comes at once.</summary>
        public double RetrySeconds = 0.5;

        /// <summary>The longest wait between two attempts.</summary>
        public double MaxRetrySeconds = 8;

        /// <summary>The time between pings; 0 is a third of what the sidecar lets a connection be silent.</summary>
        public double PingSeconds;

        /// <summary>Notes a new address, a lost connection or a failed attempt; returns when to try next.</summary>
        public double Begin(double now, bool refused)
        {
            since = Math.Min(since, now);
            isRefused = refused;
            var delay = 0.0;
            if (attempts > 0)
            {
                delay = Math.Min(RetrySeconds * Math.Pow(2, Math.Min(attempts - 1, 16)), MaxRetrySeconds);
                delay *= 1 - random.NextDouble() / 4;
            }
            attempts++;
            return now + delay;
        }

        /// <summary>Notes that a connection works, or that there is nobody to speak with.</summary>
        public void End()
        {
            since = double.PositiveInfinity;
            attempts = 0;
            isRefused = false;
        }

        /// <summary>When to give up; `sessionSeconds` is how long the session is kept, if there is one.</summary>
        public double HopelessAt(double sessionSeconds)
        {
            if (isRefused) return since + RefusedSeconds;
            return since + (sessionSeconds > 0 ? sessionSeconds : GreetingSeconds);
        }
    }
}
