// Vercel's AI SDK with its provider for services that speak OpenAI's way.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import { run, url } from "./cases.mjs";

const asked = (key, model, text) => ({
  model: createOpenAICompatible({ name: "hearsay", baseURL: `${url}/v1`, apiKey: key })(model),
  messages: [{ role: "user", content: text }],
  maxRetries: 1,
});

const plain = async (key, model, text) => (await generateText(asked(key, model, text))).text;

async function* stream(key, model, text) {
  const { fullStream } = streamText({ ...asked(key, model, text), onError() {} });
  for await (const part of fullStream) {
    if (part.type === "text-delta") yield part.text;
    if (part.type === "error") {
      throw part.error instanceof Error ? part.error : new Error(JSON.stringify(part.error));
    }
  }
}

await run("ai_sdk", plain, stream);
