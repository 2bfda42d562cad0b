// The package's samples, played.

using System;
using System.Reflection;
using System.Threading.Tasks;
using Hearsay;
using UnityEngine;

sealed class SampleCases : Suite
{
    public void Boris_answers_and_can_be_interrupted()
    {
        var engine = AddEngine(Given);
        Check(engine == HearsayEngine.Shared, "the engine of the scene is not the one that is shared");
        var tavern = new GameObject("Tavern").AddComponent<Tavern>();
        tavern.Say("What do you have on the menu?");
        Until(() => tavern.Speech != "", "his first word");
        tavern.Say("Any rumors lately?");
        Until(() => !tavern.IsSpeaking, "his last word");
        Check(tavern.Speech.Length > 10, "he said: " + tavern.Speech);
        Check(!tavern.Speech.Contains("invalid"), "he said: " + tavern.Speech);
    }

    public void A_ship_s_AI_answers()
    {
        var answer = Wait(Chat().GetShipAIResponse("Status report."));
        Check(answer.Length > 10, "it said: " + answer);
    }

    public void An_NPC_remembers_the_conversation()
    {
        var chat = Chat();
        Check(Wait(chat.TalkToNPC("What do you have on the menu?")) != "", "it said nothing");
        Check(Wait(chat.TalkToNPC("I'll have the stew. Any rumors lately?")) != "", "it said nothing more");
    }

    public void A_narration_is_written_as_it_comes()
    {
        var text = new GameObject("Text").AddComponent<TMPro.TextMeshProUGUI>();
        var writing = Chat().StreamToDialogue("Describe the entrance to the dungeon.", text);
        Until(() => writing.IsCompleted, "its end");
        writing.Wait();
        Check(text.text.Length > 10, "it wrote: " + text.text);
    }

    static ChatCompletions Chat()
    {
        var chat = new GameObject("Chat").AddComponent<ChatCompletions>();
        const BindingFlags own = BindingFlags.Instance | BindingFlags.NonPublic;
        typeof(ChatCompletions).GetField("BaseUrl", own).SetValue(chat, Given + "/v1");
        return chat;
    }

    static string Wait(Task<string> answer)
    {
        Until(() => answer.IsCompleted, "an answer");
        return answer.Result;
    }
}
