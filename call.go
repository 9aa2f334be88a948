package weir

import "context"

// Call is what every write has in common: who asks, how it may be repeated,
// and against which revision it was meant.
type Call struct {
	By      Principal
	Why     string
	Key     IdempotencyKey
	Request Hash     // of the request that Key stands for
	Rev     Revision // the revision that the caller saw; 0 accepts any
}

// Decision makes a decision of the call.
func (c Call) Decision(op string, decide func(context.Context, View) (Outcome, error)) Decision {
	return Decision{By: c.By, Op: op, Why: c.Why, Key: c.Key, Request: c.Request, Decide: decide}
}

// AtRevision is the Where of a Conflict that is about the caller's revision.
const AtRevision = "revision"

// Check refuses a call that was meant for another revision of a thing.
func (c Call) Check(r Ref, rev Revision) error {
	if c.Rev == 0 || c.Rev == rev {
		return nil
	}
	e := Errorf(Conflict, "%s is at revision %d, not %d", r, rev, c.Rev).
		At(AtRevision).WithFix("look at it again, then repeat with its revision")
	e.Ref = r
	return e
}

// Find gets a living entity of one type.
func Find[E Entity](ctx context.Context, v View, r Ref) (E, Revision, error) {
	var none E
	e, rev, err := v.Get(ctx, r)
	if err != nil {
		return none, 0, err
	}
	typed, ok := e.(E)
	if !ok {
		return none, 0, Errorf(Internal, "%s is a %T", r, e)
	}
	return typed, rev, nil
}

// Known is Find of what a principal may know of. What the principal may not know
// of does not exist.
func Known[E Entity](ctx context.Context, v View, p Principal, r Ref) (E, Revision, error) {
	e, rev, err := Find[E](ctx, v, r)
	if err == nil && !p.Scope().Knows(e.Readers()) {
		var none E
		return none, 0, Absent(r)
	}
	return e, rev, err
}

// Absent says that there is no such thing.
func Absent(r Ref) error {
	e := Errorf(NotFound, "there is no %s", r)
	e.Ref = r
	return e
}

// All calls yield with every entity that a query finds, page by page, until
// yield returns an error.
func All(ctx context.Context, v View, q ListQuery, yield func(Item) error) error {
	q.Limit = 1000
	for {
		page, err := v.List(ctx, q)
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			if err := yield(it); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

// Everything is the scope of Weir itself and of rules that must see all.
var Everything = Scope{All: true}
