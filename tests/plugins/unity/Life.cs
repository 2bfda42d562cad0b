// A game whose engine starts its sidecar; see tests/plugins/unity/test_sidecar.py. Its words are the command, the
// models and further arguments, each of them a JSON list but the first.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using Hearsay;
using UnityEngine;

static class Life
{
    static readonly TextWriter output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
    static readonly ConcurrentQueue<string> lines = new ConcurrentQueue<string>();

    static int Main(string[] words)
    {
        var home = new GameObject("Hearsay");
        var engine = home.AddComponent<HearsayEngine>();
        engine.SidecarOptions.Command = words[0];
        if (words.Length > 1) engine.SidecarOptions.Arguments = new[] { words[1] };
        engine.Connected += () => Tell("connected", engine.Sidecar.ProcessId);
        engine.Disconnected += reason => Tell("disconnected", reason);
        engine.InferenceTokenGenerated += (job, token) => Tell("token", job);
        engine.InferenceCompleted += job => Tell("completed", job);
        engine.RequestFailed += (job, code, message) => Tell("failed", code + " " + message);
        new Thread(Read) { IsBackground = true }.Start();
        var line = "";
        while (line != "quit")
        {
            while (line != "quit" && lines.TryDequeue(out line)) Obey(engine, line);
            GameObject.UpdateAll();
            Thread.Sleep(4);
        }
        UnityEngine.Object.Destroy(home);
        return 0;
    }

    static void Obey(HearsayEngine engine, string line)
    {
        long tokens;
        if (line == "off" || line == "on") GameObject.Enable(engine, line == "on");
        else if (long.TryParse(line, out tokens)) engine.StreamChatCompletions(new ChatRequest
        {
            Messages = { new ChatMessage { Role = Role.User, Content = "Any rumors lately?" } },
            MaxTokens = tokens,
            IgnoreEos = true,
        });
    }

    static void Read()
    {
        string line;
        do
        {
            line = Console.ReadLine();
            lines.Enqueue(line ?? "quit");
        }
        while (line != null);
    }

    static void Tell(string what, object more)
    {
        output.WriteLine(Json.Write(new Dictionary<string, object> { { "event", what }, { "it", more } }));
    }
}
