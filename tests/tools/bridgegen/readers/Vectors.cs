// Reads every document of the vectors and prints each as it is written again, one a line.

using System;
using System.Collections.Generic;
using System.IO;
using Hearsay;

static class Vectors
{
    static void Main(string[] arguments)
    {
        foreach (var path in Directory.GetFiles(arguments[0], "*.json", SearchOption.AllDirectories))
        {
            var vectors = (Dictionary<string, object>)Json.Parse(File.ReadAllText(path));
            var type = typeof(Json).Assembly.GetType("Hearsay." + vectors["type"]);
            if (type == null || type.IsAbstract) continue;
            foreach (Dictionary<string, object> sample in (List<object>)vectors["cases"])
            {
                var map = Json.Parse((string)sample["text"]) as Dictionary<string, object>;
                var read = (IJson)type.GetMethod("FromMap").Invoke(null, new object[] { map });
                var name = path.Substring(arguments[0].Length + 1).Replace('\\', '/');
                Console.WriteLine(Json.Write(new[] { name, sample["name"], Json.Write(read) }));
            }
        }
        foreach (var text in new[] { "", "{", "[1,]", "{\"a\":1,\"a\":1}", "nul", "\"\\u12\"", "01x", "1 1" })
        {
            try
            {
                Json.Parse(text);
                throw new Exception("was read: " + text);
            }
            catch (FormatException)
            {
            }
        }
        var chunk = (JobChunk)ServerMessage.FromJson(
            "{\"type\":\"job_chunk\",\"job\":\"a\",\"offset\":3.0,\"text\":\"\\ud83d\\ude00 \\n\"}");
        if (chunk.Offset != 3 || chunk.Text != "\U0001F600 \n") throw new Exception("a chunk was misread");
        if (ServerMessage.FromJson("{\"type\":\"mumble\"}") != null) throw new Exception("mumble was known");
    }
}
