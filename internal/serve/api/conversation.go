package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/conversation"
)

func (a *API) conversationRoutes() {
	get, post, put, end := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	add(a, route{method: get, path: "/products/{name}/questions", summary: "List the questions about a product, the newest first"}, a.questions)
	add(a, route{method: post, path: "/products/{name}/questions", summary: "Ask those who answer for a product", status: http.StatusCreated}, a.ask)
	add(a, route{method: put, path: "/products/{name}/questions/{number}/answer", summary: "Answer a question"}, a.answer)
	add(a, route{method: end, path: "/products/{name}/questions/{number}", summary: "Take a question and its answer away", status: http.StatusNoContent}, a.dropQuestion)
	add(a, route{method: get, path: "/products/{name}/announcements", summary: "List what was announced about a product, the newest first"}, a.announcements)
	add(a, route{method: post, path: "/products/{name}/announcements", summary: "Tell the consumers of a product something", status: http.StatusCreated}, a.announce)
	add(a, route{method: end, path: "/products/{name}/announcements/{number}", summary: "Take an announcement back", status: http.StatusNoContent}, a.dropAnnouncement)
	add(a, route{method: get, path: "/questions", summary: "List questions that are yours, to ask or to answer"}, a.myQuestions)
	add(a, route{method: get, path: "/announcements", summary: "List what was announced to you"}, a.myAnnouncements)
}

// saying is a text about a product.
type saying struct {
	Write
	Named
	Body client.Saying
}

// Numbered is something that was said about a product.
type Numbered struct {
	Named
	Number int `path:"number" minimum:"1" maximum:"999"`
}

// ended is a write that takes such a thing away.
type ended struct {
	Write
	Numbered
}

func (a *API) ask(ctx context.Context, p weir.Principal, in *saying) (*one[client.Question], error) {
	call, err := in.of(p, "question.ask", in.Name, in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Conversation.Ask(ctx, call, in.Name, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return a.saidQuestion(ctx, p, r)
}

func (a *API) answer(ctx context.Context, p weir.Principal, in *struct {
	Write
	Numbered
	Body client.Saying
}) (*one[client.Question], error) {
	call, err := in.of(p, "question.answer", in.Name, in.Number, in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Conversation.Answer(ctx, call, in.Name, in.Number, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return a.saidQuestion(ctx, p, r)
}

// saidQuestion is the answer to a write: the question as it is now, or, when it is
// gone by then, as the write left it.
func (a *API) saidQuestion(ctx context.Context, p weir.Principal, r weir.Receipt) (*one[client.Question], error) {
	e, err := decodeAnswer(weir.NounQuestion, r.Answer)
	if err != nil {
		return nil, err
	}
	q, ok := e.(*weir.Question)
	if !ok {
		return nil, weir.Errorf(weir.Internal, "an answer is a %T", e)
	}
	product, n := weir.SplitNumbered(q.Name)
	said, err := a.Conversation.Question(ctx, p, product, n)
	if weir.NotFound.In(err) || err == nil && said.It.UID != q.UID {
		said, err = conversation.Said[*weir.Question]{It: q, Product: product}, nil
	}
	return done(r, question(said), uint64(said.Rev), ""), err
}

func (a *API) dropQuestion(ctx context.Context, p weir.Principal, in *ended) (*none, error) {
	call, err := in.of(p, "question.delete", in.Name, in.Number)
	if err != nil {
		return nil, err
	}
	r, err := a.Conversation.Drop(ctx, call, in.Name, in.Number)
	return gone(r), err
}

func (a *API) questions(ctx context.Context, p weir.Principal, in *struct {
	Paging
	Named
}) (*many[client.Question], error) {
	all, next, err := a.Conversation.Questions(ctx, p, in.Name, conversation.Part{After: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &many[client.Question]{Body: client.List[client.Question]{Items: []client.Question{}, Next: next}}
	for _, s := range all {
		out.Body.Items = append(out.Body.Items, question(s))
	}
	return out, nil
}

func (a *API) myQuestions(ctx context.Context, p weir.Principal, in *struct {
	Open bool `query:"open" doc:"Those alone that wait for your answer."`
}) (*answer[client.MyQuestions], error) {
	got, err := a.Conversation.Asked(ctx, p, in.Open)
	out := &answer[client.MyQuestions]{Body: client.MyQuestions{Items: []client.Question{}, More: got.More}}
	for _, s := range got.All {
		out.Body.Items = append(out.Body.Items, question(s))
	}
	return out, err
}

func question(s conversation.Said[*weir.Question]) client.Question {
	_, n := weir.SplitNumbered(s.It.Name)
	q := client.Question{
		Product: s.Product, Number: n, Text: s.It.Text, By: s.It.By.Name, Asked: s.It.Created, Answer: s.It.Answer,
		MayAnswer: s.May, MayDelete: s.End, Revision: uint64(s.Rev),
	}
	if s.It.AnsweredBy != nil {
		q.AnsweredBy, q.Answered = s.It.AnsweredBy.Name, &s.It.Answered
	}
	return q
}

func (a *API) announce(ctx context.Context, p weir.Principal, in *saying) (*one[client.Announcement], error) {
	call, err := in.of(p, "announcement.make", in.Name, in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Conversation.Announce(ctx, call, in.Name, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return a.saidAnnouncement(ctx, p, r)
}

// saidAnnouncement is the answer to a write, as saidQuestion.
func (a *API) saidAnnouncement(ctx context.Context, p weir.Principal, r weir.Receipt) (*one[client.Announcement], error) {
	e, err := decodeAnswer(weir.NounAnnouncement, r.Answer)
	if err != nil {
		return nil, err
	}
	made, ok := e.(*weir.Announcement)
	if !ok {
		return nil, weir.Errorf(weir.Internal, "an answer is a %T", e)
	}
	product, n := weir.SplitNumbered(made.Name)
	said, err := a.Conversation.Announcement(ctx, p, product, n)
	if weir.NotFound.In(err) || err == nil && said.It.UID != made.UID {
		said, err = conversation.Said[*weir.Announcement]{It: made, Product: product}, nil
	}
	if err != nil {
		return nil, err
	}
	all, err := a.announced(ctx, []conversation.Said[*weir.Announcement]{said})
	if err != nil {
		return nil, err
	}
	return done(r, all[0], uint64(said.Rev), ""), nil
}

func (a *API) dropAnnouncement(ctx context.Context, p weir.Principal, in *ended) (*none, error) {
	call, err := in.of(p, "announcement.delete", in.Name, in.Number)
	if err != nil {
		return nil, err
	}
	r, err := a.Conversation.Withdraw(ctx, call, in.Name, in.Number)
	return gone(r), err
}

func (a *API) announcements(ctx context.Context, p weir.Principal, in *struct {
	Paging
	Named
}) (*many[client.Announcement], error) {
	all, next, err := a.Conversation.Announcements(ctx, p, in.Name, conversation.Part{After: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	items, err := a.announced(ctx, all)
	return &many[client.Announcement]{Body: client.List[client.Announcement]{Items: items, Next: next}}, err
}

func (a *API) myAnnouncements(ctx context.Context, p weir.Principal, _ *struct{}) (*answer[client.MyAnnouncements], error) {
	got, err := a.Conversation.Announced(ctx, p)
	if err != nil {
		return nil, err
	}
	items, err := a.announced(ctx, got.All)
	return &answer[client.MyAnnouncements]{Body: client.MyAnnouncements{Items: items, More: got.More}}, err
}

// announced turns announcements into the API's type; whom they were told to, who
// may watch the product learns.
func (a *API) announced(ctx context.Context, all []conversation.Said[*weir.Announcement]) ([]client.Announcement, error) {
	out := make([]client.Announcement, 0, len(all))
	err := a.view(ctx, func(v weir.View) error {
		names := a.names(v)
		for _, s := range all {
			_, n := weir.SplitNumbered(s.It.Name)
			c := client.Announcement{Product: s.Product, Number: n, Text: s.It.Text, By: s.It.By.Name, Announced: s.It.Created, MayDelete: s.End, Revision: uint64(s.Rev)}
			for _, u := range s.It.To {
				if !s.Watch {
					break
				}
				team, err := names.of(ctx, weir.NounTeam, u)
				if err != nil {
					return err
				}
				c.Told = append(c.Told, team)
			}
			out = append(out, c)
		}
		return nil
	})
	return out, err
}
