/** Makes this process one where koffi is not installed: loaded with `node --import`. */
import Module from 'node:module';

interface Resolver {
  _resolveFilename: (request: string, ...rest: unknown[]) => string;
}

const resolver = Module as unknown as Resolver;
const original = resolver._resolveFilename;
resolver._resolveFilename = function (this: unknown, request, ...rest) {
  if (request === 'koffi') throw new Error("Cannot find module 'koffi'\nRequire stack:\n- a file");
  return original.call(this, request, ...rest);
};
