import type { Manifest } from '../manifest';
import type { FileCensus, LeftOutTable, PackageTable } from '../package-table';

/** What all descriptions of a package are made from. */
export interface DescribedPackage {
  /** The manifest before it lists what describes the package; `files` are its data files and tables. */
  readonly manifest: Manifest;
  readonly tables: readonly PackageTable[];
  /** Tables of own views that could not be made. */
  readonly leftOut: readonly LeftOutTable[];
  readonly census: readonly FileCensus[];
  /** Codes that were left out because too few persons have them. */
  readonly rareCodes: number;
  /** Day of the release, `YYYY-MM-DD`. */
  readonly releasedOn: string;
}

/** What a catalogue shows of a package before anything of it is read. */
export function inWords({ manifest }: DescribedPackage): { title: string; description: string; terms: string } {
  const { policy, counts, request, k } = manifest;
  return {
    title: `De-identified health records for: ${oneLine(request.purpose)}`,
    description:
      `Records of ${counts.persons} persons in ${counts.rows} rows. ${oneLine(policy.label)}; policy ${policy.name}. ` +
      `${k.statement}. Treat it as personal data.`,
    terms: `Use is bound to the purpose, recipients and term of the request with the SHA-256 ${request.contentHash}`,
  };
}

/** A text of somebody in one line, so that it ends no comment and begins no heading. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
