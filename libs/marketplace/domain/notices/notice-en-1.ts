/** Version 1, English. Never edited: grants name the hash of its text; a change is a new file. */
export const NOTICE_EN_1 = `What you are asked

A research center asks for a copy of parts of your health records for the purpose written in the request. You decide.
Saying no is as easy as saying yes, nobody but you sees that you said no, and it changes nothing in your care.
If you do not answer before the date in the request, that counts as no.

What leaves, and what does not

Only the kinds of records that the request lists can leave, and only what was recorded up to the moment you sign.
Your name, address, identity numbers, notes and pictures never leave. Dates are moved or cut to the year, places are made
coarse, and you appear under a made-up name that is used for this request alone. This is called de-identified data with measured risk. It is
not perfect: somebody who already knows a lot about your health might still recognise your data. The risk is measured
on the final files, and if it is too high nothing leaves.

There is payment

The research center pays for the data. If your data is in the package that is released, you receive the amount shown in
the request as compensation. The rest is shared between the places that hold your records and the operator of this
service, by the rule that the request names. If your data is not in the package, you receive nothing and owe nothing.
Nobody but you sees what you received.

Changing your mind

You can withdraw your yes at any time. It takes effect at once. Before the package is downloaded for the first time,
withdrawing keeps your data out of it. After the first download the data that left cannot be called back: withdrawing
then keeps your data out of anything that would still leave, but nobody can undo what the research center already has.
You keep the compensation that you received.

Who can check

Your answer is sealed in a ledger that nobody can rewrite. You get a receipt that you can check without trusting the
operator. Every time your records are opened, an entry that you can read says so.
`;
