// What a game asks of HearsayEngine, with a real sidecar.

using System;
using System.Collections.Generic;
using System.Text;
using Hearsay;
using UnityEngine;

sealed class EngineCases : Suite
{
    public void A_plain_reply_comes_whole_and_as_json()
    {
        var engine = AddEngine(Given);
        var job = engine.AsyncChatCompletions(Json.Write(Request()));
        Check(Heard.Count == 0, "something was told before the call returned");
        var end = Last(job);
        Check((string)end[0] == "reply", "it ended as " + end[0]);
        var answer = (Dictionary<string, object>)Json.Parse((string)end[2]);
        Check((string)answer["object"] == "chat.completion", "it is no answer");
        Check(Content(answer) != "", "nothing was said");
        Check(Told("token", job).Count == 0, "a plain reply came in pieces");
    }

    public void A_stream_comes_in_pieces_which_are_the_whole_reply()
    {
        var engine = AddEngine(Given);
        var streamed = engine.StreamChatCompletions(Request(24));
        var job = engine.Job(streamed);
        var end = Last(streamed);
        Check((string)end[0] == "completed", "it ended as " + end[0]);
        Check(Told("token", streamed).Count > 1, "it came in one piece");
        var text = new StringBuilder();
        foreach (var each in Told("token", streamed)) text.Append((string)each[2]);
        // Not the plain reply of the same seed: two that run at once may differ in a word.
        Check(text.ToString() == job.Response.Choices[0].Message.Content, "the texts differ");
    }

    public void A_cancelled_job_ends_as_cancelled()
    {
        var engine = AddEngine(Given);
        var job = engine.StreamChatCompletions(Request(900));
        Until(() => Told("token", job).Count > 0, "a token");
        engine.Cancel(job);
        var end = Last(job);
        Check((string)end[0] == "cancelled", "it ended as " + end[0]);
        engine.Cancel(job);
        Check(engine.Job(job) == null, "a job that is over is still known");
    }

    public void Requests_that_are_wrong_fail_with_a_code_and_after_the_call()
    {
        var engine = AddEngine(Given);
        var huge = Request();
        huge.Messages[0].Content = new string('x', 2 << 20);
        var wild = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"temperature\": \"hot\"}";
        var numberless = Request();
        numberless.Temperature = double.NaN;
        var shapeless = Request();
        shapeless.ToolChoice = new { type = "function" };
        object deep = "x";
        for (var level = 0; level < 70; level++) deep = new List<object> { deep };
        var nested = Request();
        nested.Messages[0].Content = deep;
        var nobody = Request();
        nobody.Model = "no/such";
        var expected = new Dictionary<int, string>
        {
            { engine.AsyncChatCompletions(nobody), ErrorCode.ModelNotFound },
            { engine.StreamChatCompletions(wild), ErrorCode.InvalidRequest },
            { engine.AsyncChatCompletions("{never JSON"), ErrorCode.InvalidRequest },
            { engine.StreamChatCompletions("[]"), ErrorCode.InvalidRequest },
            { engine.StreamChatCompletions((string)null), ErrorCode.InvalidRequest },
            { engine.AsyncChatCompletions(huge), ErrorCode.TooLarge },
            { engine.StreamChatCompletions(numberless), ErrorCode.InvalidRequest },
            { engine.StreamChatCompletions(shapeless), ErrorCode.InvalidRequest },
            { engine.AsyncChatCompletions(nested), ErrorCode.InvalidRequest },
        };
        Check(Heard.Count == 0, "something was told before the call returned");
        foreach (var pair in expected)
        {
            var end = Last(pair.Key);
            Check((string)end[0] == "failed" && (string)end[2] == pair.Value, end[0] + " " + end[2] + ", not " + pair.Value);
        }
    }

    public void A_job_that_was_submitted_speaks_for_itself_and_can_be_awaited()
    {
        var engine = AddEngine(Given);
        var job = engine.Submit(Request());
        var text = "";
        var tokens = 0L;
        var ends = 0;
        job.ChunkReceived += chunk => text += chunk;
        job.Started += count => tokens = count;
        job.Finished += _ => ends++;
        Until(() => job.Completion.IsCompleted, "its end");
        Check(job.Succeeded && job.Error == null && ends == 1, "it failed");
        Check(text == job.Text && text != "", "what was told differs from what was written");
        Check(tokens == job.Response.Usage.PromptTokens && tokens > 0, "it never started");
        Check(job.FinishReason == FinishReason.Length, "it ended by " + job.FinishReason);
        Check(job.Timings != null, "its times are unknown");
    }

    public void A_request_without_a_model_goes_to_the_one_that_is_there()
    {
        var engine = AddEngine(Given);
        var request = Request();
        request.Model = "";
        var job = engine.Submit(request);
        Until(() => job.IsFinished, "its end");
        Check(job.Succeeded && job.Response.Model == SidecarOptions.EmbeddedModel, "it was answered otherwise");
    }

    public void What_a_listener_throws_stops_nothing()
    {
        var engine = AddEngine(Given);
        var job = engine.Submit(Request());
        var other = "";
        job.ChunkReceived += _ => { throw new InvalidOperationException("a listener's mistake"); };
        job.ChunkReceived += chunk => other += chunk;
        Until(() => job.IsFinished, "its end");
        Check(job.Succeeded && other == job.Text, "the other listener missed something");
        Check(Debug.Said.Exists(said => said.Contains("a listener's mistake")), "the log has nothing of it");
    }

    public void A_broken_connection_is_mended_without_a_word()
    {
        var engine = AddEngine(Given);
        var reasons = new List<string>();
        engine.Disconnected += reasons.Add;
        // Long enough that it is still being written when it is dropped for the third time.
        var job = engine.Submit(Request(600));
        var told = new StringBuilder();
        job.ChunkReceived += chunk => told.Append(chunk);
        for (var drop = 0; drop < 3; drop++)
        {
            var before = told.Length;
            Until(() => told.Length > before || job.IsFinished, "more text");
            engine.DropConnection();
        }
        Until(() => job.IsFinished, "its end");
        Check(job.Succeeded, "it failed");
        Check(told.ToString() == job.Response.Choices[0].Message.Content, "what was told differs from what was written");
        Check(reasons.Count == 3, "the drops were told " + reasons.Count + " times");
    }

    public void An_engine_that_is_switched_off_ends_its_jobs_once_and_one_that_comes_on_serves_again()
    {
        var engine = AddEngine(Given);
        var job = engine.StreamChatCompletions(Request(900));
        Until(() => Told("token", job).Count > 0, "a token");
        GameObject.Enable(engine, false);
        var end = Last(job);
        Check((string)end[0] == "failed" && (string)end[2] == ErrorCode.ConnectionLost, "it ended as " + end[0]);
        var next = engine.StreamChatCompletions(Request());
        Frames(5);
        Check(engine.Job(next) != null, "what is asked while it is off does not wait");
        GameObject.Enable(engine, true);
        Check((string)Last(next)[0] == "completed", "it does not come back");
    }

    public void Who_asks_again_whenever_it_fails_holds_nothing_up_and_is_served_once_it_is_back()
    {
        var engine = AddEngine(Given);
        var asked = 0;
        HearsayJob last = null;
        Action ask = null;
        ask = () =>
        {
            asked++;
            last = engine.Submit(Request());
            last.Finished += job =>
            {
                if (job.Error != null) ask();
            };
        };
        GameObject.Enable(engine, false);
        engine.Url = "";
        engine.SidecarOptions.Command = "/no/such/program";
        GameObject.Enable(engine, true);
        ask();
        Frames(5);
        Check(asked > 2 && asked < 12, "it was asked " + asked + " times in five frames");
        GameObject.Enable(engine, false);
        engine.Url = Given;
        GameObject.Enable(engine, true);
        Until(() => last.Succeeded, "a reply");
        Check(Debug.Said.Exists(said => said.Contains("There is no program /no/such/program")), "the log has nothing of it");
    }

    public void A_request_is_sent_as_it_was_asked_whatever_becomes_of_its_lists()
    {
        var engine = AddEngine(Given);
        GameObject.Enable(engine, false);
        var request = Request();
        var job = engine.Submit(request);
        request.Messages.Clear();
        GameObject.Enable(engine, true);
        Until(() => job.IsFinished, "its end");
        Check(job.Succeeded, job.Succeeded ? "" : job.Error.Message);
    }

    public void What_a_listener_asks_while_the_engine_leaves_does_not_keep_its_session()
    {
        var engine = AddEngine(Given);
        var job = engine.Submit(Request(900));
        job.Finished += _ => engine.Heard(job.Id, 3);
        Until(() => job.Text != "", "a token");
        GameObject.Enable(engine, false);
        Check(job.IsFinished, "it goes on");
        var other = AddEngine(Given);
        var status = other.GetStatusAsync();
        Until(() => IsAlone(other, ref status), "the end of the other session");
    }

    public void An_engine_that_was_destroyed_takes_no_job_and_another_is_shared()
    {
        var engine = AddEngine(Given);
        var next = AddEngine(Given);
        Check(HearsayEngine.Shared == engine, "the first is not shared");
        var job = engine.Submit(Request());
        UnityEngine.Object.Destroy(engine.gameObject);
        Check(job.IsFinished, "its job goes on");
        try
        {
            engine.Submit(Request());
            Check(false, "it takes another");
        }
        catch (InvalidOperationException)
        {
        }
        var status = engine.GetStatusAsync();
        Check(status.IsCompleted && status.Result == null, "it has a status");
        Check(HearsayEngine.Shared == next, "the other is not shared");
    }

    public void Outside_of_a_game_nothing_is_shared()
    {
        const System.Reflection.BindingFlags own = System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic;
        var begin = typeof(HearsayEngine).GetMethod("BeginGame", own);
        begin.Invoke(null, null); // As Unity does.
        Application.isPlaying = false;
        Check(IsRefused(), "an engine was made without a game");
        Application.isPlaying = true;
        Application.Quit();
        Check(IsRefused(), "an engine was made at a game's end");
        begin.Invoke(null, null);
        AddEngine(Given);
        Check(!IsRefused(), "the next game has none");
    }

    static bool IsRefused()
    {
        try
        {
            return HearsayEngine.Shared == null;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    public void A_result_that_is_too_large_is_an_error_of_the_call()
    {
        var engine = AddEngine(Given);
        Until(() => engine.IsLive, "a connection");
        try
        {
            engine.ToolResult(1, "c1", new string('x', 2 << 20));
            Check(false, "it was taken");
        }
        catch (FormatException)
        {
        }
        Frames(20);
        Check(engine.IsLive, "the connection is lost");
    }

    public void Two_engines_do_not_hear_each_other()
    {
        var one = AddEngine(Given);
        var other = AddEngine(Given);
        var mine = one.Submit(Request(40));
        var theirs = other.Submit(Request(900));
        Until(() => mine.IsFinished, "one's end");
        theirs.Cancel();
        Until(() => theirs.IsFinished, "the other's end");
        Check(mine.Succeeded && theirs.WasCancelled, "they are not apart");
    }

    public void Status_models_pace_and_a_prefix_are_understood()
    {
        var engine = AddEngine(Given);
        var loaded = new List<bool>();
        engine.ModelLoadingCompleted += loaded.Add;
        Until(() => engine.IsLive, "a connection");
        Check(loaded.Count == 1 && loaded[0], "models were told otherwise");
        Check(engine.HasFeature(Feature.Prepare), "it can do nothing");
        engine.Pace(new Pace { Mode = PaceMode.Balanced, Share = 0.5, FrameMs = 16.7 });
        var status = engine.GetStatusAsync();
        Until(() => status.IsCompleted, "a status");
        Check(status.Result != null && status.Result.Sessions > 0, "there is no status");
        var messages = new List<ChatMessage> { new ChatMessage { Role = Role.System, Content = "You are Boris." } };
        var prefix = engine.Prepare(new Prepare { Messages = messages });
        Until(() => prefix.IsFinished, "the prefix");
        Check(prefix.Succeeded, "the prefix was not read");
    }

    public void A_tool_that_is_called_answers_and_the_reply_goes_on()
    {
        var engine = AddEngine(Given);
        var json = "{\"messages\": [{\"role\": \"user\", \"content\": \"Open the gate.\"}], \"max_tokens\": 300, \"temperature\": 0,"
            + "\"tool_choice\": \"required\", \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"open_gate\","
            + "\"description\": \"Opens the gate.\", \"parameters\": {\"type\": \"object\", \"properties\": {}}}}]}";
        var order = new SubmitChat { Request = ChatRequest.FromMap((Dictionary<string, object>)Json.Parse(json)), ToolRounds = 1 };
        var job = engine.Submit(order);
        var calls = new List<string>();
        job.ToolCalled += call =>
        {
            calls.Add(call.Name);
            engine.ToolResult(job.Id, call.Id, "{\"open\": true}");
        };
        Until(() => job.IsFinished, "its end");
        Check(job.Error == null, job.Error == null ? "" : job.Error.Message);
        Check(calls.Count == 1 && calls[0] == "open_gate", "the calls were " + string.Join(", ", calls));
    }

    public void A_misspelled_field_is_let_pass_and_told()
    {
        var engine = AddEngine(Given);
        var job = engine.AsyncChatCompletions(
            "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"max_tokens\": 4, \"temprature\": 0}");
        Last(job);
        Check(Debug.Said.Exists(said => said.Contains("temprature")), "the log has nothing of it");
    }

    public void An_address_that_is_none_is_told()
    {
        foreach (var url in new[] { "127.0.0.1:11434", "ftp://127.0.0.1", "what" })
        {
            var engine = AddEngine(url);
            var job = engine.Submit(Request());
            Until(() => job.IsFinished, "its end");
            Check(job.Error.Message.Contains("is no address"), job.Error.Message);
        }
    }

    public void Fifty_engines_come_and_go()
    {
        for (var round = 0; round < 50; round++)
        {
            var engine = AddEngine(Given);
            var job = engine.Submit(Request(200));
            Until(() => job.Text != "", "a token");
            UnityEngine.Object.Destroy(engine.gameObject);
            Check(job.IsFinished && job.Error.Code == ErrorCode.ConnectionLost, "it goes on");
        }
        var last = AddEngine(Given);
        var status = last.GetStatusAsync();
        Until(() => IsAlone(last, ref status), "the end of the other sessions");
    }

    static bool IsAlone(HearsayEngine engine, ref System.Threading.Tasks.Task<Status> status)
    {
        if (!status.IsCompleted) return false;
        if (status.Result.Sessions == 1) return true;
        status = engine.GetStatusAsync();
        return false;
    }

    static string Content(Dictionary<string, object> answer)
    {
        var choice = (Dictionary<string, object>)((List<object>)answer["choices"])[0];
        return (string)((Dictionary<string, object>)choice["message"])["content"];
    }
}
