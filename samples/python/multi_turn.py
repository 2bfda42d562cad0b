from openai import OpenAI

client = OpenAI(base_url="http://localhost:11434/v1", api_key="not-needed")

response = client.chat.completions.create(
    model="in-memory::meta-llama/Llama-3.2-3B-Instruct-Q4_K_M",
    messages=[
        {"role": "system", "content": "You are a helpful tavern keeper named Boris."},
        {"role": "user", "content": "What do you have on the menu?"},
        {"role": "assistant", "content": "We have roasted boar, mushroom stew, and fresh bread. The stew is my specialty!"},
        {"role": "user", "content": "I'll have the stew. Any rumors lately?"},
    ],
)

print(response.choices[0].message.content)
