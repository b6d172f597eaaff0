import type { Command } from 'commander';

/** Adds a command, or a group of them, to a program. */
export type Register = (program: Command) => void | Promise<void>;

/**
 * Loads and adds the command with this name, all commands where there is none of it: loading is most of the time that a short
 * command takes.
 */
export async function registerAsked(
  program: Command,
  commands: Readonly<Record<string, () => Promise<Register>>>,
  asked = '',
): Promise<void> {
  const loads = Object.hasOwn(commands, asked) ? [commands[asked]!] : new Set(Object.values(commands));
  for (const load of loads) await (await load())(program);
}
