// This client at the end of the conformance suite's line protocol, which tools/conformance/README.md describes.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Hearsay;
using Hearsay.Client;

static class Conform
{
    static readonly ConcurrentQueue<string> lines = new ConcurrentQueue<string>();
    static readonly TextWriter output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
    static Connection connection;
    static bool isSettled, isOver;

    static void Main()
    {
        var reader = new Thread(Read) { IsBackground = true };
        reader.Start();
        while (!isOver)
        {
            string line;
            while (lines.TryDequeue(out line))
            {
                if (line == null) isOver = true;
                else Obey((Dictionary<string, object>)Json.Parse(line));
            }
            if (connection != null) connection.Poll();
            Thread.Sleep(1); // A game's frame.
        }
        Close();
        // Mono, when it ends by itself, may abort the thread of its own timers and call that a fault.
        Exit(0);
    }

    [DllImport("libc", EntryPoint = "_exit")]
    static extern void Exit(int status);

    static void Read()
    {
        var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        string line;
        do
        {
            line = input.ReadLine();
            lines.Enqueue(line);
        }
        while (line != null);
    }

    static void Obey(Dictionary<string, object> command)
    {
        var what = (string)command["do"];
        command.Remove("do");
        switch (what)
        {
            case "connect":
                Connect(command);
                break;
            case "close":
                Close();
                Saw("closed");
                break;
            case "block":
                Thread.Sleep((int)(Convert.ToDouble(command["seconds"]) * 1000));
                break;
            case "stream":
            case "ask":
                ((Dictionary<string, object>)command["request"])["stream"] = what == "stream";
                command["type"] = SubmitChat.Tag;
                Follow(command);
                break;
            case "prepare":
                command["type"] = Prepare.Tag;
                Follow(command);
                break;
            case "cancel":
                connection.Core.Book.Cancel((string)command["job"]);
                break;
            case "tool_result":
                command["type"] = ToolResult.Tag;
                connection.Core.Book.Say(command, Protocol.MaxFrameBytes);
                break;
            case "drop":
                connection.Drop("the connection was cut");
                break;
            case "status":
                connection.Core.Ask(new Question(new GetStatus(), typeof(Status), Answered));
                break;
            case "models":
                connection.Core.Ask(new Question(new ListModels(), typeof(Models), Answered));
                break;
            default:
                throw new ArgumentException(what + " is no command");
        }
        if (connection != null) connection.Flush();
    }

    static void Connect(Dictionary<string, object> command)
    {
        connection = new Connection();
        isSettled = false;
        object patience;
        if (command.TryGetValue("patience", out patience))
            foreach (var pair in (Dictionary<string, object>)patience) Set(pair.Key, Convert.ToDouble(pair.Value));
        connection.Core.Welcomed = welcome =>
        {
            isSettled = true;
            Saw("connected", "resumed", welcome.Resumed);
        };
        connection.Core.GaveUp = (code, message) =>
        {
            if (!isSettled) Saw("error", "code", code, "message", message);
            isSettled = true;
        };
        connection.Core.Faulted = fault => Saw("fault", "code", fault.Code);
        object token;
        command.TryGetValue("token", out token);
        connection.Open(Connection.AddressOf((string)command["url"]), token as string, new ClientInfo());
    }

    static void Set(string name, double seconds)
    {
        var outage = connection.Core.Outage;
        if (name == "refused_seconds") outage.RefusedSeconds = seconds;
        else if (name == "greeting_seconds") outage.GreetingSeconds = seconds;
        else if (name == "retry_seconds") outage.RetrySeconds = seconds;
        else if (name == "max_retry_seconds") outage.MaxRetrySeconds = seconds;
        else if (name == "ping_seconds") outage.PingSeconds = seconds;
        else throw new ArgumentException(name + " is no patience");
    }

    static void Close()
    {
        if (connection == null) return;
        isSettled = true;
        connection.Close();
        connection = null;
    }

    static void Follow(Dictionary<string, object> order)
    {
        var name = (string)order["job"];
        var job = new HearsayJob(0, _ => { });
        job.Started += tokens => Saw("started", "job", name, "warnings", job.Warnings);
        job.ChunkReceived += text => Saw("chunk", "job", name, "index", 0L, "text", text);
        job.AlternativeReceived += (index, text) => Saw("chunk", "job", name, "index", index, "text", text);
        job.FieldReceived += (path, value) => Saw("field", "job", name, "path", path, "value", value);
        job.SentenceReceived += (number, text) => Saw("sentence", "job", name, "number", number, "text", text);
        job.ToolCalled += call => Saw("call", "job", name, "call", call.Id, "name", call.Name, "arguments", call.Arguments);
        job.Finished += over => Finished(name, over);
        connection.Core.Submit(order, job);
    }

    static void Finished(string name, HearsayJob job)
    {
        if (job.Error != null)
        {
            Saw("failed", "job", name, "code", job.Error.Code, "message", job.Error.Message);
            return;
        }
        var reasons = new List<string>();
        var texts = new List<string>();
        if (job.Response != null)
            foreach (var choice in job.Response.Choices)
            {
                reasons.Add(choice.FinishReason);
                texts.Add(job.GetText((int)choice.Index));
            }
        Saw("done", "job", name, "texts", texts, "reasons", reasons);
    }

    static void Answered(ServerMessage answer)
    {
        var status = answer as Status;
        var models = answer as Models;
        if (status != null) Saw("status", "sessions", status.Sessions);
        else if (models != null) Saw("models", "models", models.ModelsList.ConvertAll(model => model.Id));
        else Saw("error", "code", ErrorCode.ConnectionLost, "message", "The sidecar is gone");
    }

    static void Saw(string what, params object[] more)
    {
        var told = new Dictionary<string, object> { { "saw", what } };
        for (var index = 0; index < more.Length; index += 2) told[(string)more[index]] = more[index + 1];
        output.WriteLine(Json.Write(told));
    }
}
