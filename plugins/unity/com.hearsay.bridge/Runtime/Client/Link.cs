using System;
using System.Collections.Concurrent;
using System.IO;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Threading;
using System.Threading.Tasks;

namespace Hearsay.Client
{
    /// <summary>One WebSocket from its opening to its end. Its tasks run beside the game; everything here may be called from the main thread.</summary>
    sealed class Link
    {
        // So many frames may be unread; beyond, the socket is left alone, and the sidecar joins text.
        const int Room = 1024;
        const int SliceBytes = 16384;

        readonly ClientWebSocket socket = new ClientWebSocket();
        readonly ConcurrentQueue<byte[]> inbound = new ConcurrentQueue<byte[]>();
        readonly ConcurrentQueue<byte[]> outbound = new ConcurrentQueue<byte[]>();
        readonly SemaphoreSlim room = new SemaphoreSlim(Room);
        readonly SemaphoreSlim due = new SemaphoreSlim(0);
        readonly CancellationTokenSource end = new CancellationTokenSource();
        volatile bool isOpen, isClosed;
        Task running;

        /// <summary>Whether it was opened, over by now or not.</summary>
        public bool WasOpened => isOpen;

        /// <summary>Whether it has ended; frames may still be unread.</summary>
        public bool IsClosed => isClosed;

        /// <summary>Whether nobody listens at the address; after the end.</summary>
        public bool WasRefused { get; private set; }

        /// <summary>Whether it ended because what came was no message; after the end.</summary>
        public bool BrokeRules { get; private set; }

        /// <summary>Why it ended, in the other side's word or the system's.</summary>
        public string Reason { get; private set; } = "the connection was closed";

        /// <summary>Begins to connect.</summary>
        public void Open(Uri address)
        {
            socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan; // There are pings of our own.
            running = Task.Run(() => RunAsync(address));
        }

        /// <summary>Takes the next frame that came.</summary>
        public bool TryReceive(out byte[] frame)
        {
            if (!inbound.TryDequeue(out frame)) return false;
            room.Release();
            return true;
        }

        /// <summary>Has a frame sent.</summary>
        public void Send(byte[] frame)
        {
            outbound.Enqueue(frame);
            due.Release();
        }

        /// <summary>Ends it after what is to be sent, waiting a moment for that.</summary>
        public void Close(int milliseconds)
        {
            due.Release(); // With nothing beside it, it stands for the end.
            running.Wait(milliseconds);
            Abort();
        }

        /// <summary>Cuts it without a word.</summary>
        public void Abort()
        {
            end.Cancel();
            socket.Abort();
        }

        async Task RunAsync(Uri address)
        {
            try
            {
                await socket.ConnectAsync(address, end.Token).ConfigureAwait(false);
                isOpen = true;
                var writing = WriteAsync();
                await ReadAsync().ConfigureAwait(false);
                end.Cancel();
                await writing.ConfigureAwait(false);
            }
            catch (Exception exception) // Whatever a system's sockets throw is the connection's end.
            {
                Note(exception);
            }
            finally
            {
                try
                {
                    end.Cancel();
                    socket.Dispose();
                }
                finally
                {
                    isClosed = true;
                }
            }
        }

        void Note(Exception exception)
        {
            for (var inner = exception; inner != null; inner = inner.InnerException)
            {
                var failed = inner as SocketException;
                WasRefused |= failed != null && failed.SocketErrorCode == SocketError.ConnectionRefused;
                var web = inner as WebSocketException;
                BrokeRules |= isOpen && web != null && web.WebSocketErrorCode == WebSocketError.Faulted;
                Reason = inner.Message;
            }
        }

        async Task ReadAsync()
        {
            var slice = new ArraySegment<byte>(new byte[SliceBytes]);
            var frame = new MemoryStream();
            while (true)
            {
                var got = await socket.ReceiveAsync(slice, end.Token).ConfigureAwait(false);
                if (got.MessageType == WebSocketMessageType.Close)
                {
                    Reason = got.CloseStatusDescription ?? "";
                    if (socket.State == WebSocketState.CloseReceived)
                        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", end.Token)
                            .ConfigureAwait(false);
                    return;
                }
                frame.Write(slice.Array, 0, got.Count);
                // One that is too large is seen and named, but not held whole.
                var isTooLarge = frame.Length > Protocol.MaxFrameBytes;
                if (!got.EndOfMessage && !isTooLarge) continue;
                await room.WaitAsync(end.Token).ConfigureAwait(false);
                inbound.Enqueue(frame.ToArray());
                frame.SetLength(0);
                if (isTooLarge) return;
            }
        }

        async Task WriteAsync()
        {
            try
            {
                while (true)
                {
                    await due.WaitAsync(end.Token).ConfigureAwait(false);
                    byte[] frame;
                    if (!outbound.TryDequeue(out frame)) break;
                    await socket.SendAsync(new ArraySegment<byte>(frame), WebSocketMessageType.Text, true, end.Token)
                        .ConfigureAwait(false);
                }
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", end.Token)
                    .ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is OperationCanceledException
                || exception is WebSocketException || exception is ObjectDisposedException
                || exception is InvalidOperationException || exception is IOException)
            {
                // The reader meets the same end, and tells of it.
            }
        }
    }
}
