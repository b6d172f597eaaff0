export { EXIT_CODES } from './domain/verification';
export type { Finding, VerificationReport, Verdict } from './domain/verification';
export { ExtractionError } from './extraction.errors';
export type { ExtractionErrorCode } from './extraction.errors';
export { encryptTo, openPackage, packArchive, parseIdentities } from './package-archive';
export type { ArchiveFile } from './package-archive';
export { verifyPackage } from './package-verifier';
export type { VerifyOptions } from './package-verifier';
