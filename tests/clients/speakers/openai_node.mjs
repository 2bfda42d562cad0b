// OpenAI's own client for JavaScript.

import OpenAI from "openai";
import { run, url } from "./cases.mjs";

const client = (key) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 1 });
const asked = (model, text) => ({ model, messages: [{ role: "user", content: text }] });

async function plain(key, model, text) {
  const answer = await client(key).chat.completions.create(asked(model, text));
  return answer.choices[0].message.content;
}

async function* stream(key, model, text) {
  const chunks = await client(key).chat.completions.create({ ...asked(model, text), stream: true });
  for await (const chunk of chunks) yield chunk.choices[0].delta.content ?? "";
}

await run("node", plain, stream);
