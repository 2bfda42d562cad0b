using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Text;
using System.Threading.Tasks;
using Hearsay;
using UnityEngine;

/// <summary>Replies over HTTP, in OpenAI's form. It needs a sidecar that runs: `hearsay serve`.</summary>
public sealed class ChatCompletions : MonoBehaviour
{
    static readonly HttpClient client = new HttpClient();

    [SerializeField] string BaseUrl = "http://localhost:11434/v1";

    readonly List<ChatMessage> conversation = new List<ChatMessage>
    {
        new ChatMessage { Role = Role.System, Content = "You are a helpful tavern keeper named Boris." },
    };

    /// <summary>A reply of a ship's AI.</summary>
    public async Task<string> GetShipAIResponse(string playerInput)
    {
        var request = new HttpChatRequest
        {
            Model = "in-memory::meta-llama/Llama-3.2-3B-Instruct-Q4_K_M",
            Messages =
            {
                new ChatMessage
                {
                    Role = Role.System,
                    Content = "You are a ship AI aboard a deep-space freighter. You speak formally, address the "
                        + "player as Captain, and provide status reports when asked.",
                },
                new ChatMessage { Role = Role.User, Content = playerInput },
            },
            Temperature = 0.7,
        };
        return (await Ask(request)).Content;
    }

    /// <summary>A reply of Boris, who remembers what was said.</summary>
    public async Task<string> TalkToNPC(string playerInput)
    {
        conversation.Add(new ChatMessage { Role = Role.User, Content = playerInput });
        var request = new HttpChatRequest
        {
            Model = "in-memory::meta-llama/Llama-3.2-3B-Instruct-Q4_K_M",
            Messages = conversation,
        };
        var reply = (await Ask(request)).Content;
        conversation.Add(new ChatMessage { Role = Role.Assistant, Content = reply });
        return reply;
    }

    /// <summary>Writes a narration into a text, as it comes.</summary>
    public async Task StreamToDialogue(string prompt, TMPro.TextMeshProUGUI dialogueText)
    {
        var request = new HttpChatRequest
        {
            Model = "in-memory::meta-llama/Llama-3.2-3B-Instruct-Q4_K_M",
            Messages =
            {
                new ChatMessage { Role = Role.System, Content = "You are a narrator for a fantasy RPG." },
                new ChatMessage { Role = Role.User, Content = prompt },
            },
            Stream = true,
        };
        var httpRequest = new HttpRequestMessage(HttpMethod.Post, BaseUrl + "/chat/completions")
        {
            Content = Body(request),
        };
        using (var response = await client.SendAsync(httpRequest, HttpCompletionOption.ResponseHeadersRead))
        using (var reader = new StreamReader(await response.Content.ReadAsStreamAsync()))
        {
            dialogueText.text = "";
            string line;
            while ((line = await reader.ReadLineAsync()) != null)
            {
                if (!line.StartsWith("data: ") || line == "data: [DONE]") continue;
                var chunk = ChatChunk.FromMap((Dictionary<string, object>)Json.Parse(line.Substring(6)));
                dialogueText.text += chunk.Choices[0].Delta.Content;
            }
        }
    }

    async Task<ReplyMessage> Ask(HttpChatRequest request)
    {
        using (var response = await client.PostAsync(BaseUrl + "/chat/completions", Body(request)))
        {
            var answer = (Dictionary<string, object>)Json.Parse(await response.Content.ReadAsStringAsync());
            if (!response.IsSuccessStatusCode) throw new IOException(ErrorBody.FromMap(answer).Error.Message);
            return ChatResponse.FromMap(answer).Choices[0].Message;
        }
    }

    static StringContent Body(HttpChatRequest request)
    {
        return new StringContent(Json.Write(request), Encoding.UTF8, "application/json");
    }
}
