/** The command was called wrongly, or what it needs cannot be read (sysexits EX_USAGE): says nothing about a log. */
export const EXIT_USAGE = 64;
