// What every client of JavaScript is asked to do.

export const url = process.argv[2];
const KEY = "secret-of-the-tavern";
const MODEL = "in-memory::hearsay/tavern";

/** Do all cases and print what came of each; `stream` yields text, piece by piece. */
export async function run(client, plain, stream) {
  const joined = async (key, model, text) => {
    let heard = "";
    try {
      for await (const piece of stream(key, model, text)) heard += piece;
    } catch (error) {
      throw Object.assign(error, { heard });
    }
    return heard;
  };
  console.log(JSON.stringify({
    plain: await attempt(plain, KEY, MODEL, `${client} hello`),
    stream: await attempt(joined, KEY, MODEL, `${client} hello`),
    key: await attempt(plain, "wrong", MODEL, `${client} key`),
    model: await attempt(plain, KEY, "nobody/none", `${client} model`),
    internal: await attempt(plain, KEY, MODEL, `${client} internal`),
    busy: await attempt(plain, KEY, MODEL, `${client} busy`),
    broken: await attempt(joined, KEY, MODEL, `${client} broken`),
  }));
}

async function attempt(ask, key, model, text) {
  try {
    return { text: await ask(key, model, text) };
  } catch (error) {
    const last = error.lastError ?? error;
    const status = last.status ?? last.statusCode ?? null;
    return { error: error.constructor.name, status, text: error.heard ?? "" };
  }
}
