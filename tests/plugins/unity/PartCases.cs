// Parts of the package that need no sidecar.

using System.Collections.Generic;
using System.IO;
using System.Text;
using Hearsay;
using Hearsay.Client;
using UnityEngine;

sealed class PartCases : Suite
{
    public void An_address_may_be_written_in_many_ways()
    {
        var expected = new Dictionary<string, string>
        {
            { "http://127.0.0.1:11434", "ws://127.0.0.1:11434/v1/bridge" },
            { " http://localhost:11434/ ", "ws://localhost:11434/v1/bridge" },
            { "http://localhost:11434/v1", "ws://localhost:11434/v1/bridge" },
            { "https://example.com", "wss://example.com/v1/bridge" },
            { "http://example.com", "ws://example.com/v1/bridge" },
            { "ws://[::1]:1/else", "ws://[::1]:1/else" },
            { "tcp://127.0.0.1:1", null },
            { "127.0.0.1:1", null },
            { "", null },
        };
        foreach (var pair in expected)
        {
            var address = Connection.AddressOf(pair.Key);
            var written = address == null ? null : address.ToString();
            Check(written == pair.Value, pair.Key + " is " + written);
        }
    }

    public void Code_points_are_counted_as_on_the_wire()
    {
        const string text = "a\U0001F600b";
        Check(CodePoints.Count(text) == 3 && CodePoints.Count("") == 0, "the count is wrong");
        Check(CodePoints.Skip(text, 1) == "\U0001F600b", "one too many or too few");
        Check(CodePoints.Skip(text, 2) == "b" && CodePoints.Skip(text, 9) == "", "it was cut in two");
    }

    public void A_job_whose_text_came_twice_tells_it_once_and_one_with_a_gap_says_so()
    {
        var order = new Dictionary<string, object> { { "job", "a" } };
        var pending = new Pending(order, new HearsayJob(1, _ => { }), 0);
        var first = (JobChunk)pending.News(new JobChunk { Job = "a", Offset = 2, Text = "a\U0001F600" });
        var again = (JobChunk)pending.News(new JobChunk { Job = "a", Offset = 4, Text = "\U0001F600bc" });
        Check(first.Text == "a\U0001F600" && again.Text == "bc", "what is new is " + again.Text);
        Check(pending.News(new JobChunk { Job = "a", Offset = 3, Text = "b" }) == null, "it was told twice");
        Check(pending.Gap == null, "there is no gap");
        Check(pending.Seen().Offsets[0] == 4, "what is here is counted wrongly");
        pending.News(new JobChunk { Job = "a", Offset = 9, Text = "x" });
        Check(pending.Gap != null && pending.Gap.Contains("4 to 8"), "the gap is " + pending.Gap);
    }

    public void What_JSON_has_nothing_like_is_an_error_and_no_text()
    {
        var written = Json.Write(new Dictionary<string, string> { { "a", "\u0001\"" } });
        Check(written == "{\"a\":\"\\u0001\\\"\"}", "a dictionary of texts is " + written);
        Check(Json.Write(new object[] { 1, 2L, 3.5f, 4m, true, null }) == "[1,2,3.5,4,true,null]", "numbers are written wrongly");
        object nested = 1;
        for (var level = 0; level < 65; level++) nested = new List<object> { nested };
        var wrong = new object[] { new { a = 1 }, System.DayOfWeek.Monday, 'x', double.NaN, nested, new Dictionary<int, int> { { 1, 2 } } };
        foreach (var value in wrong)
        {
            try
            {
                Check(false, "it was written: " + Json.Write(value));
            }
            catch (System.FormatException)
            {
            }
        }
    }

    public void Who_asks_again_when_a_session_has_ended_is_served_by_the_next()
    {
        var core = new Core(() => 0);
        core.Begin("", new ClientInfo());
        Greet(core, "one");
        HearsayJob again = null;
        Submit(core, "a").Finished += _ => again = Submit(core, "b");
        Hear(core, new ServerGoodbye { Code = "bye", Message = "This sidecar is tired" });
        Check(again != null, "it was not asked again");
        core.Disconnected("hung up", false);
        Greet(core, "two");
        var sent = string.Join(" ", Sent(core));
        Check(sent == "submit_chat ping", "what was sent is " + sent);
        Check(!again.IsFinished, "it is over");
    }

    public void Who_leaves_when_its_session_was_forgotten_is_not_live_again()
    {
        var core = new Core(() => 0);
        core.Begin("", new ClientInfo());
        Greet(core, "one");
        Submit(core, "a").Finished += _ => core.Close();
        core.Disconnected("hung up", false);
        Greet(core, "two");
        Check(core.State == State.Over, "it is " + core.State);
    }

    static void Greet(Core core, string session)
    {
        core.Connected();
        Sent(core);
        Hear(core, new Welcome { Session = session, Protocol = Protocol.Version, Limits = core.Limits });
    }

    static HearsayJob Submit(Core core, string name)
    {
        var job = new HearsayJob(1, _ => { });
        var order = new Dictionary<string, object> { { "type", SubmitChat.Tag }, { "job", name }, { "request", new ChatRequest() } };
        core.Submit(order, job);
        return job;
    }

    static void Hear(Core core, ServerMessage message)
    {
        core.Receive(Encoding.UTF8.GetBytes(Json.Write(message)));
    }

    static List<string> Sent(Core core)
    {
        var tags = new List<string>();
        while (core.Book.Outbox.Count > 0)
        {
            var text = Encoding.UTF8.GetString(core.Book.Outbox.Dequeue());
            tags.Add((string)((Dictionary<string, object>)Json.Parse(text))["type"]);
        }
        return tags;
    }

    public void Time_spent_waiting_is_taken_off_a_job_s_limits()
    {
        var order = new Dictionary<string, object> { { "job", "a" }, { "deadline_ms", 900L }, { "first_token_by_ms", 100L } };
        var pending = new Pending(order, new HearsayJob(1, _ => { }), 10);
        var due = pending.Due(10.5);
        Check((long)due["deadline_ms"] == 400, "the deadline is " + due["deadline_ms"]);
        Check((long)due["first_token_by_ms"] == 1, "the other limit is " + due["first_token_by_ms"]);
    }

    public void A_sidecar_is_looked_for_beside_a_built_game_and_in_the_folder_that_is_named()
    {
        var root = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var data = Directory.CreateDirectory(Path.Combine(root, "Game_Data")).FullName;
        var bundled = Touch(Path.Combine(root, "hearsay", "hearsay"));
        var checkout = Touch(Path.Combine(root, "checkout", ".venv", "bin", "hearsay"));
        Application.dataPath = data;
        Application.isEditor = false;
        Check(SidecarProgram.Find(Path.Combine(root, "checkout"))[0] == bundled, "what is beside the game is not first");
        Check(SidecarProgram.Model("models/voice.gguf") == Path.Combine(root, "models", "voice.gguf"), "a model is elsewhere");
        Check(SidecarProgram.Model("hearsay/tavern") == "hearsay/tavern", "an id is taken for a file");
        Application.isEditor = true;
        Check(SidecarProgram.Find("checkout")[0] == checkout, "the folder is not found");
        Check(SidecarProgram.Find(checkout)[0] == checkout, "the program is not found");
        Check(string.Join(" ", SidecarProgram.Find("/x/python3.12")) == "/x/python3.12 -P -m bridge", "a Python is no program");
        var own = Touch(Path.Combine(root, ".venv", "bin", "hearsay"));
        Check(SidecarProgram.Find("")[0] == own, "the project's own environment is not found");
        Directory.Delete(root, true);
    }

    static string Touch(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path));
        File.WriteAllText(path, "");
        return path;
    }
}
