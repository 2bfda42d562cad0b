from openai import OpenAI

client = OpenAI(base_url="http://localhost:11434/v1", api_key="not-needed")

response = client.chat.completions.create(
    model="in-memory::meta-llama/Llama-3.2-3B-Instruct-Q4_K_M",
    messages=[
        {
            "role": "system",
            "content": "You are a ship AI aboard a deep-space freighter. You speak formally, "
            "address the player as Captain, and provide status reports when asked. "
            "You are concerned about a recent anomaly in sector 7.",
        },
        {"role": "user", "content": "Status report."},
    ],
    temperature=0.7,
)

print(response.choices[0].message.content)
