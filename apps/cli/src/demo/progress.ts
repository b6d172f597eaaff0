/** Progress for people on stderr: a bar that moves on a terminal, single lines elsewhere. */
export class Progress {
  private lastShown = '';

  constructor(private readonly out: NodeJS.WriteStream = process.stderr) {}

  step(text: string): void {
    this.endBar();
    this.out.write(`\n▸ ${text}\n`);
  }

  note(text: string): void {
    this.endBar();
    this.out.write(`  ${text}\n`);
  }

  bar(what: string, done: number, total: number): void {
    if (!this.out.isTTY) {
      // A log gets one line when the work is done, not one for each step.
      if (done === total && this.lastShown !== what) this.out.write(`  ${what}: ${done}\n`);
      if (done === total) this.lastShown = what;
      return;
    }
    const width = 30;
    const filled = total === 0 ? width : Math.round((done / total) * width);
    this.lastShown = `  ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${what} ${done}/${total}`;
    this.out.write(`\r\x1b[K${this.lastShown}`);
  }

  private endBar(): void {
    if (this.out.isTTY && this.lastShown) this.out.write('\n');
    this.lastShown = '';
  }
}
