export type { Disclosed, DiscloseSum } from './disclosed';
export { relink } from './relink';
export type { LinkedRecord, RelinkResult } from './relink';
export type { RiskReportInput } from './report-input';
export { riskPage } from './risk-page';
export { riskReport } from './risk-report';
export type { RiskReport } from './risk-report';
export type { RefusalCode, Verdict } from './verdict';
