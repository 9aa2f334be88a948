package conversation

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// Ask puts a question to those who answer for a product. Errors: NotFound for a
// product that the caller does not know of, Invalid for a text that is none, Limit.
func (c *Conversation) Ask(ctx context.Context, call weir.Call, product, text string) (weir.Receipt, error) {
	uid, now := weir.NewUID(c.cfg.Now()), c.cfg.Now().UTC()
	return c.cfg.Writer.Submit(ctx, call.Decision("question.ask", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		if err := person(call.By); err != nil {
			return weir.Outcome{}, err
		}
		p, err := find(ctx, v, call.By, product)
		if err != nil {
			return weir.Outcome{}, err
		}
		name, err := next(ctx, v, weir.NounQuestion, p, weir.MaxQuestions)
		if err != nil {
			return weir.Outcome{}, err
		}
		q := &weir.Question{UID: uid, Name: name, Product: p.UID, Domain: p.Domain, Owner: p.Owner, Text: text, By: call.By.Ref, Created: now}
		change, err := weir.NewChange(c.cfg.Home, nil, 0, q)
		return outcome("question.asked", q, change, err)
	}))
}

// Answer answers a question, or answers it anew. Errors: Denied, NotFound, Invalid,
// Conflict for another revision than the caller saw.
func (c *Conversation) Answer(ctx context.Context, call weir.Call, product string, n int, text string) (weir.Receipt, error) {
	now := c.cfg.Now().UTC()
	return c.cfg.Writer.Submit(ctx, call.Decision("question.answer", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		q, rev, err := c.question(ctx, v, call, rights.Answer, product, n)
		if err != nil {
			return weir.Outcome{}, err
		}
		answered := *q
		answered.Answer, answered.AnsweredBy, answered.Answered = text, &call.By.Ref, now
		if text == "" {
			return weir.Outcome{}, weir.Errorf(weir.Invalid, "the answer is empty").At("text").WithFix("write one, or take the question away: weir question delete %s %d", product, n)
		}
		change, err := weir.NewChange(c.cfg.Home, q, rev, &answered)
		return outcome("question.answered", &answered, change, err)
	}))
}

// Drop takes a question and its answer away: who asked it, and who answers for the
// product, may. Errors: Denied, NotFound, Conflict.
func (c *Conversation) Drop(ctx context.Context, call weir.Call, product string, n int) (weir.Receipt, error) {
	return c.cfg.Writer.Submit(ctx, call.Decision("question.delete", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		q, rev, err := c.question(ctx, v, call, rights.Delete, product, n)
		if err != nil {
			return weir.Outcome{}, err
		}
		return outcome("question.deleted", q, weir.DeleteChange(c.cfg.Home, q, rev), nil)
	}))
}

// question finds one with which the caller may do something.
func (c *Conversation) question(ctx context.Context, v weir.View, call weir.Call, verb rights.Verb, product string, n int) (*weir.Question, weir.Revision, error) {
	q, rev, of, err := numbered[*weir.Question](ctx, v, call.By, weir.NounQuestion, product, n)
	if err != nil {
		return nil, 0, err
	}
	if err := rights.Must(call.By, verb, thingOf(q, of), q.Ref()); err != nil {
		return nil, 0, err
	}
	return q, rev, call.Check(q.Ref(), rev)
}

// Question is one of a product's, by its number. NotFound.
func (c *Conversation) Question(ctx context.Context, p weir.Principal, product string, number int) (Said[*weir.Question], error) {
	return one[*weir.Question](ctx, c.cfg.State, p, weir.NounQuestion, product, number)
}

// Questions lists the questions about a product, the newest first. NotFound for one
// that the caller does not know of.
func (c *Conversation) Questions(ctx context.Context, p weir.Principal, product string, part Part) ([]Said[*weir.Question], string, error) {
	return about[*weir.Question](ctx, c.cfg.State, p, weir.NounQuestion, product, part)
}

// Asked lists the questions that a person asked, and those that the person or their
// teams answer for; open: only those without an answer that they may answer.
func (c *Conversation) Asked(ctx context.Context, p weir.Principal, open bool) (Mine[*weir.Question], error) {
	latest := func(q *weir.Question) time.Time {
		if q.Answered.IsZero() {
			return q.Created
		}
		return q.Answered
	}
	return mine(ctx, c.cfg.State, p, weir.NounQuestion, latest, func(s Said[*weir.Question]) bool {
		return !open || s.May && s.It.Answer == ""
	})
}
