import { writeFileSync } from 'node:fs';
import { schemaText } from './schema';

/** `npm run schema`: writes schema.graphql into the current folder. */
void schemaText().then((text) => {
  writeFileSync('schema.graphql', text);
  process.exit(0); // contexts may have started timers
});
