/**
 * An HTTP server that classifies: POST an image as JSON, 784 pixels from 0 to 255, and get its class.
 *
 *   node examples/serve.mjs model.safetensors [port]
 *   curl -d '[0, 0, 254, …]' http://localhost:8080/
 *   {"class":7,"probability":0.997,"probabilities":[…]}
 */
import { createServer } from 'node:http';
import { LockstepError, loadModel } from 'lockstep';

const [file = 'model.safetensors', port = '8080'] = process.argv.slice(2);
// Loaded once. A prediction takes some tens of microseconds: it needs no thread of its own.
const model = await loadModel(file);
// 784 numbers take a few kilobytes; more than this is no image.
const MOST_BYTES = 64 * 1024;

const server = createServer(async (request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  };
  if (request.method !== 'POST') return answer(405, { error: 'expected POST' });
  try {
    const pixels = pixelsOf(JSON.parse(await bodyOf(request)));
    const { label, probabilities } = model.predict(pixels);
    answer(200, { class: label, probability: probabilities[label], probabilities: [...probabilities] });
  } catch (error) {
    // Whatever is wrong with the image, the message says so: a LockstepError's is made for people to read.
    const isTheirs = error instanceof LockstepError || error instanceof SyntaxError || error instanceof RangeError;
    answer(isTheirs ? 400 : 500, { error: isTheirs ? error.message : 'internal error' });
  }
});

/** A Uint8Array, which `predict` divides by 255; what is no pixel must not become one by wrapping around. */
function pixelsOf(body) {
  if (!Array.isArray(body)) throw new RangeError('expected an array of pixels');
  const stray = body.findIndex((pixel) => !(Number.isInteger(pixel) && pixel >= 0 && pixel <= 255));
  if (stray >= 0) throw new RangeError(`pixel ${stray}: expected a whole number from 0 to 255`);
  return Uint8Array.from(body);
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MOST_BYTES) throw new RangeError(`more than ${MOST_BYTES} bytes`);
  }
  return text;
}

server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
