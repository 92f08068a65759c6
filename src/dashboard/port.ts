/** In a separate file, so that the command can import it without loading the server. */
export const DEFAULT_PORT = 8471;

export const PORT_RANGE = 'a port from 1 to 65535, or 0 for any free port';

export function isPort(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port >= 0 && port < 65_536;
}
