/** Where the page is, unless something else is said. (Alone, so that the command knows it without loading a server.) */
export const DEFAULT_PORT = 8471;
