/**
 * An HTTP server that classifies images. POST a JSON array of 784 pixels (0 to 255); the response has the class.
 *
 *   node examples/serve.mjs model.safetensors [port]
 *   curl -d '[0, 0, 254, …]' http://localhost:8080/
 *   {"class":7,"probability":0.997,"probabilities":[…]}
 */
import { createServer } from 'node:http';
import { LockstepError, loadModel } from 'lockstep';

const [file = 'model.safetensors', port = '8080'] = process.argv.slice(2);
// Load the model once. A prediction takes tens of microseconds, so it can run on the main thread.
const model = await loadModel(file);
// 784 numbers take a few kilobytes. A larger request cannot be an image.
const MAX_BYTES = 64 * 1024;

const server = createServer(async (request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  };
  if (request.method !== 'POST') return answer(405, { error: 'expected POST' });
  try {
    const pixels = parsePixels(JSON.parse(await readBody(request)));
    const { label, probabilities } = model.predict(pixels);
    answer(200, { class: label, probability: probabilities[label], probabilities: [...probabilities] });
  } catch (error) {
    // Errors in the request. Their messages are written for people to read.
    const isClientError = error instanceof LockstepError || error instanceof SyntaxError || error instanceof RangeError;
    answer(isClientError ? 400 : 500, { error: isClientError ? error.message : 'internal error' });
  }
});

/** Returns a Uint8Array, which `predict` divides by 255. Rejects values that a Uint8Array would wrap around. */
function parsePixels(body) {
  if (!Array.isArray(body)) throw new RangeError('expected an array of pixels');
  const invalid = body.findIndex((pixel) => !(Number.isInteger(pixel) && pixel >= 0 && pixel <= 255));
  if (invalid >= 0) throw new RangeError(`pixel ${invalid}: expected a whole number from 0 to 255`);
  return Uint8Array.from(body);
}

async function readBody(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_BYTES) throw new RangeError(`more than ${MAX_BYTES} bytes`);
  }
  return text;
}

server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
