using System.Collections.Generic;
using Hearsay;
using UnityEngine;

/// <summary>Boris, who keeps a tavern. Add it to an empty object, press Play and say something.</summary>
public sealed class Tavern : MonoBehaviour
{
    const string Scene = "You are Boris, a helpful tavern keeper. The soup is leek, the rooms are upstairs.";

    readonly List<ChatMessage> conversation = new List<ChatMessage>
    {
        new ChatMessage { Role = Role.System, Content = Scene },
    };

    HearsayJob reply;
    string typed = "What do you have on the menu?";

    /// <summary>What Boris is saying, or has said last.</summary>
    public string Speech { get; private set; } = "";

    /// <summary>Whether he is still speaking.</summary>
    public bool IsSpeaking => reply != null && !reply.IsFinished;

    /// <summary>Says something to him. He stops speaking if he has not finished.</summary>
    public void Say(string words)
    {
        if (IsSpeaking)
        {
            reply.Cancel();
            Remember(reply.Text + " –");
        }
        conversation.Add(new ChatMessage { Role = Role.User, Content = words });
        Speech = "";
        var asked = HearsayEngine.Shared.Submit(new ChatRequest { Messages = conversation, MaxTokens = 120 });
        asked.ChunkReceived += text =>
        {
            if (asked == reply) Speech += text;
        };
        asked.Finished += OnFinished;
        reply = asked;
    }

    void OnFinished(HearsayJob asked)
    {
        if (asked != reply) return; // He was interrupted.
        if (asked.Error != null) Speech = asked.Error.Message;
        else Remember(asked.Text);
    }

    void Remember(string words)
    {
        conversation.Add(new ChatMessage { Role = Role.Assistant, Content = words });
    }

    void OnDisable()
    {
        if (IsSpeaking) reply.Cancel();
    }

    void OnGUI()
    {
        GUILayout.BeginArea(new Rect(20, 20, 500, 300));
        GUILayout.Label("Boris: " + Speech);
        typed = GUILayout.TextField(typed);
        if (GUILayout.Button(IsSpeaking ? "Interrupt" : "Say")) Say(typed);
        GUILayout.EndArea();
    }
}
