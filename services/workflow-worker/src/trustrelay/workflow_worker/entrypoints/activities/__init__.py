"""Activities, one file per service they call; `registered.py` lists them, application/catalogue.py is their contract.

What holds for each of them:
- It is a sentence and a call: read the case file, ask one service, store what it said in one write (`recording.py`), say what that came to.
- A retry is harmless: reads are repeated, and a write carries the activity's own id (`operation_id`) and deterministic ids of what it writes.
- The outcome is that of the checks it answers for, the worst of them (domain/outcomes.py). No check is NOT_ASSESSED, never CLEAR.
- What several sources were asked is kept per source (`partial.py`): an early attempt fails as a whole, so that it is tried again; from the third
  on, or when no retry can help, the answers that are there are stored and the others are NOT_ASSESSED with their reason.
- What was given up whole is stored by `record_not_assessed`, under the ids that an answer would have (`unanswered.py`).
- Bodies, names and answers stay in the store; results hold references, counts, outcomes and reasons.
"""
