export async function inspectCommand(_: readonly string[]): Promise<undefined> {}
