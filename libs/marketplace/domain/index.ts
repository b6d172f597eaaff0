export { ASK_NEXT, ASK_STATES } from './ask-state';
export type { AskState } from './ask-state';
export { ANSWER_DAYS_MAX, checkAnswerDeadline, checkAnswering, takesAnswers } from './answering';
export type { AskedVersion } from './answering';
export { decide, REASON_LENGTH_MAX } from './deciding';
export type { Decision } from './deciding';
export { keptInClasses } from './class-margin';
export type { ShownClass } from './class-margin';
export { AGE_BANDS, composeFeasibility, typesOf } from './feasibility-draft';
export type { FeasibilityDraft, FeasibilityInput } from './feasibility-draft';
export { ASK_CELL, expectationOf, HISTORY_REQUESTS_MIN, offersOf, TERMS_CELLS, termsCell } from './feasibility';
export type { EarlierRequest, Expectation, Offer } from './feasibility';
export { MarketplaceError } from './marketplace.errors';
export type { MarketplaceErrorCode } from './marketplace.errors';
export { CURRENT_NOTICE, noticeHash, noticeOf } from './notices';
export type { Notice } from './notices';
export { moveOrder, ORDER_NEXT, ORDER_STATES, REFUND_REASONS } from './order-state';
export type { OrderState, RefundReason } from './order-state';
export { refundRemedy } from './refund-remedy';
export { PERSONS_MAX_LEAST, PERSONS_STEP, quote } from './quote';
export type { Quote } from './quote';
export { composeContent, contentHash, K_MAX, K_MIN } from './request-content';
export type { ContentContext, RequestContent, RequestInput } from './request-content';
export { tablesInWords } from './request-words';
export { composeUse } from './research-use-input';
export type { UseInput } from './research-use-input';
export { movesOn, SHOWN_STEP_MIN } from './shown-sums';
export type { AnswerSums } from './shown-sums';
export { moveRequest, REQUEST_NEXT, REQUEST_STATES } from './request-state';
export type { RequestState } from './request-state';
export {
  decideVisa,
  ISSUED_VISA_TYPES,
  VISA_KEYS_PATH,
  VISA_LIFETIME_SECONDS,
  VISA_MEDIA_TYPE,
  VISAS_LIVE_MAX,
} from './issued-visa';
export type { IssuedVisaType, VisaClaims, VisaFacts, VisaFrame } from './issued-visa';
export {
  readVisa,
  readVisaHeader,
  requireSamePerson,
  VISA_ALGORITHMS,
  VISA_ASSERTED_SECONDS_MAX,
  VISA_BYTES_MAX,
  VISA_CLOCK_SKEW_SECONDS,
} from './visa';
export type { Visa, VisaIdentity, VisaQuestion, VisaType } from './visa';
