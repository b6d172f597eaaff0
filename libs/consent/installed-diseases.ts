import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, sha256, type Config } from '@aceso/platform';
import { DiseaseTree, parseDiseaseFile, SHIPPED_DISEASES } from './domain';

/** The disease tree of this instance: the operator's file, or the small one that ships. Read once, before anything is decided. */
@Injectable()
export class InstalledDiseases {
  readonly tree: DiseaseTree;
  /** Lower-case hexadecimal; stands in every answer that was matched by this tree. */
  readonly hash: string;

  /** Throws DISEASE_FILE_INVALID: no instance runs on a tree that it could not read. */
  constructor(@Inject(CONFIG) { diseaseFile }: Pick<Config, 'diseaseFile'>) {
    this.tree =
      diseaseFile === undefined
        ? SHIPPED_DISEASES
        : new DiseaseTree(parseDiseaseFile(basename(diseaseFile), readFileSync(diseaseFile, 'utf8')));
    this.hash = this.tree.hash(sha256);
  }
}
