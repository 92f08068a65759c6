/** Loaded into a process, it sees no other one by its number, and has a number that others of its kind have, too. */
Object.defineProperty(process, 'pid', { value: 7 });
process.kill = () => {
  throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
};
