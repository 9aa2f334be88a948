package site

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/weirmesh/weir/client"
)

// PlanOf is what a form says of what an application will read.
func PlanOf(f url.Values) client.NewPlan {
	n := client.NewPlan{Due: strings.TrimSpace(f.Get("due")), Note: strings.TrimSpace(f.Get("note")), Ask: f.Get("ask") == "on"}
	for field := range strings.SplitSeq(f.Get("fields"), ",") {
		if field = strings.TrimSpace(field); field != "" {
			n.Fields = append(n.Fields, field)
		}
	}
	return n
}

// SamePlan is what declares the same without a page.
func SamePlan(product, application string, n client.NewPlan) []Same {
	command := "weir app plan add " + Quoted(application) + " " + Quoted(product)
	for _, f := range n.Fields {
		command += " --field " + Quoted(f)
	}
	if n.Due != "" {
		command += " --by " + Quoted(n.Due)
	}
	if n.Note != "" {
		command += " --note " + Quoted(n.Note)
	}
	if n.Ask {
		command += " --ask"
	}
	body, err := json.Marshal(n)
	if err != nil {
		return nil
	}
	return []Same{{Command: command, Method: http.MethodPut, Path: planPath(product, application), Body: string(body)}}
}

// SameWithdrawal is what takes a plan back without a page.
func SameWithdrawal(product, application string) []Same {
	return []Same{{Command: "weir app plan remove " + Quoted(application) + " " + Quoted(product), Method: http.MethodDelete, Path: planPath(product, application)}}
}

func planPath(product, application string) string {
	return "/api/v1/products/" + url.PathEscape(product) + "/plans/" + url.PathEscape(application)
}
