// Runs every case of a class, and says of each what was wrong, one JSON line a case.

using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Hearsay;
using UnityEngine;

/// <summary>What cases have at hand.</summary>
abstract class Suite
{
    const double Patience = 30;

    /// <summary>Everything that an engine's events have told, each as a list that begins with the name.</summary>
    protected readonly List<object[]> Heard = new List<object[]>();

    readonly List<string> faults = new List<string>();
    readonly List<GameObject> homes = new List<GameObject>();

    /// <summary>The first word of the command line: mostly an address.</summary>
    protected static string Given { get; private set; }

    static int Main(string[] words)
    {
        Given = words[1];
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
        var kind = typeof(Suite).Assembly.GetType(words[0]);
        const BindingFlags own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly;
        foreach (var method in kind.GetMethods(own))
        {
            if (words.Length > 2 && words[2] != method.Name) continue;
            var suite = (Suite)Activator.CreateInstance(kind);
            suite.Run(method);
            output.WriteLine(Json.Write(new Dictionary<string, object>
            {
                { "name", method.Name }, { "faults", suite.faults }, { "said", Debug.Said.ToArray() },
            }));
            Debug.Said.Clear();
        }
        Exit(0); // Mono, when it ends by itself, may abort the thread of its own timers.
        return 0;
    }

    [DllImport("libc", EntryPoint = "_exit")]
    static extern void Exit(int status);

    void Run(MethodInfo method)
    {
        try
        {
            method.Invoke(this, null);
        }
        catch (TargetInvocationException exception)
        {
            faults.Add(exception.InnerException.ToString());
        }
        foreach (var home in homes) UnityEngine.Object.Destroy(home);
    }

    /// <summary>Notes a fault unless something holds.</summary>
    protected void Check(bool holds, string what)
    {
        if (!holds) faults.Add(what);
    }

    /// <summary>Lets the game run until something holds.</summary>
    protected static void Until(Func<bool> holds, string what)
    {
        var end = DateTime.UtcNow.AddSeconds(Patience);
        while (!holds())
        {
            if (DateTime.UtcNow > end) throw new TimeoutException("It never came: " + what);
            Frame();
        }
    }

    /// <summary>Lets the game run for some frames.</summary>
    protected static void Frames(int count)
    {
        for (var frame = 0; frame < count; frame++) Frame();
    }

    static void Frame()
    {
        GameObject.UpdateAll();
        Thread.Sleep(4); // What a frame takes.
    }

    /// <summary>An engine that listens to itself; a sidecar of its own is started without an address.</summary>
    protected HearsayEngine AddEngine(string url, string command = "")
    {
        var home = new GameObject("Hearsay");
        homes.Add(home);
        var engine = home.AddComponent<HearsayEngine>();
        engine.Url = url;
        engine.SidecarOptions.Command = command;
        engine.AsyncRequestCompleted += (job, answer) => Heard.Add(new object[] { "reply", job, answer });
        engine.InferenceTokenGenerated += (job, token) => Heard.Add(new object[] { "token", job, token });
        engine.InferenceCompleted += job => Heard.Add(new object[] { "completed", job });
        engine.RequestFailed += (job, code, message) => Heard.Add(new object[] { "failed", job, code, message });
        engine.RequestCancelled += job => Heard.Add(new object[] { "cancelled", job });
        return engine;
    }

    /// <summary>A request for so many tokens.</summary>
    protected static ChatRequest Request(int tokens = 12)
    {
        return new ChatRequest
        {
            Model = SidecarOptions.EmbeddedModel,
            Messages = { new ChatMessage { Role = Role.User, Content = "Any rumors lately?" } },
            MaxTokens = tokens,
            Seed = 7,
            IgnoreEos = true,
        };
    }

    /// <summary>The last of a job, and a few frames more, in which nothing may follow.</summary>
    protected object[] Last(int job)
    {
        Until(() => Ends(job).Count > 0, "the end of job " + job);
        Frames(5);
        Check(Ends(job).Count == 1, "job " + job + " had several ends");
        return Ends(job)[0];
    }

    /// <summary>What was told under a name of a job.</summary>
    protected List<object[]> Told(string what, int job)
    {
        return Heard.FindAll(each => (string)each[0] == what && (int)each[1] == job);
    }

    List<object[]> Ends(int job)
    {
        return Heard.FindAll(each => (string)each[0] != "token" && (int)each[1] == job);
    }
}
