// Says of every document that a sidecar may write whether its form is right, one a line.

using System;
using System.Collections.Generic;
using System.IO;
using Hearsay;

static class Faults
{
    static void Main(string[] arguments)
    {
        foreach (var path in Directory.GetFiles(Path.Combine(arguments[0], "server"), "*.json"))
        {
            var vectors = (Dictionary<string, object>)Json.Parse(File.ReadAllText(path));
            foreach (Dictionary<string, object> sample in (List<object>)vectors["cases"])
            {
                Dictionary<string, object> map;
                try
                {
                    map = Json.Parse((string)sample["text"]) as Dictionary<string, object>;
                }
                catch (FormatException)
                {
                    continue;
                }
                if (map == null) continue;
                var fault = ServerMessage.FaultOf(map) ?? "";
                Console.WriteLine(Json.Write(new[] { Path.GetFileName(path), sample["name"], fault }));
            }
        }
    }
}
