from bridge.client import Hearsay

with Hearsay.launch() as hearsay:
    job = hearsay.stream_chat_completions({
        "model": "hearsay/tavern",
        "messages": [
            {"role": "system", "content": "You are Boris, the keeper of a tavern."},
            {"role": "user", "content": "What do you have on the menu?"},
        ],
    })
    for text in job:
        print(text, end="", flush=True)
print()
