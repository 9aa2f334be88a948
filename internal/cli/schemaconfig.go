package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

// levels and modes are the words that registries know.
func levels() []string {
	return []string{"NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"}
}

func modes() []string { return []string{"READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT"} }

// setting is a subject's own value of something, or the mesh's.
type setting[T any] struct {
	Subject string `json:"subject,omitempty"`
	Of      string `json:"of"` // whose value it is: subject or mesh
	Value   T      `json:"value"`
}

// settingFlags are those of config and mode.
type settingFlags struct {
	set   string
	unset bool
	fresh bool
}

func addSettingFlags(cmd *cobra.Command, what string, words []string) *settingFlags {
	var s settingFlags
	cmd.Flags().StringVar(&s.set, "set", "", what+": "+strings.Join(words, ", "))
	cmd.Flags().BoolVar(&s.unset, "unset", false, "take the subject's own away, so that the mesh's counts")
	cmd.Flags().BoolVar(&s.fresh, "new", false, "the subject need not exist yet")
	_ = cmd.RegisterFlagCompletionFunc("set", fixed(words...))
	return &s
}

func (s *settingFlags) check(ctx context.Context, r *client.Registry, subject string) error {
	if s.set != "" && s.unset {
		return errors.New("--set and --unset say opposite things; give one of them")
	}
	s.set = strings.ToUpper(s.set)
	if s.set == "" || subject == "" || s.fresh {
		return nil
	}
	return subjectExists(ctx, r, subject)
}

// subjectOf is the argument, or "" for the mesh.
func subjectOf(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// own gets a subject's own value, else the mesh's; missing is the code that
// tells that there is no own one.
func own[T any](ctx context.Context, subject string, missing int, get func(context.Context, string, bool) (T, error)) (setting[T], error) {
	s := setting[T]{Subject: subject, Of: "mesh"}
	var err error
	if subject != "" {
		if s.Value, err = get(ctx, subject, false); err == nil {
			s.Of = "subject"
			return s, nil
		}
		if client.RegistryCode(err) != missing {
			return s, err
		}
	}
	s.Value, err = get(ctx, subject, subject != "")
	return s, err
}

func (c *cli) schemaConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use: "config [SUBJECT]", Short: "Show or set the compatibility level of a subject, or of the mesh", Args: cobra.MaximumNArgs(1), ValidArgsFunction: c.subjects(),
		Example: "  weir schema config membership.users.v1-value --set FULL\n  weir schema config",
	}
	s := addSettingFlags(cmd, "the level to be", levels())
	return c.registryWrite(cmd, func(ctx context.Context, r *client.Registry, args []string) error {
		subject := subjectOf(args)
		if err := s.check(ctx, r, subject); err != nil {
			return err
		}
		if s.set != "" {
			if err := r.SetConfig(ctx, subject, client.SchemaConfig{Compatibility: s.set}); err != nil {
				return err
			}
		}
		if s.unset {
			if err := r.DeleteConfig(ctx, subject); err != nil && client.RegistryCode(err) != client.CodeNoConfig {
				return err
			}
		}
		now, err := own(ctx, subject, client.CodeNoConfig, r.Config)
		if err != nil {
			return err
		}
		return printOne(c, now, configColumns())
	})
}

func configColumns() []column[setting[client.SchemaConfig]] {
	type line = setting[client.SchemaConfig]
	return []column[line]{
		{"SUBJECT", func(l line) string { return l.Subject }},
		{"COMPATIBILITY", func(l line) string { return l.Value.Compatibility }},
		{"SET FOR", func(l line) string { return "the " + l.Of }},
		{"NORMALIZE", func(l line) string {
			if l.Value.Normalize == nil || !*l.Value.Normalize {
				return ""
			}
			return "true"
		}},
		{"GROUP", func(l line) string { return l.Value.CompatibilityGroup }},
		{"DEFAULT METADATA", func(l line) string { return jsonText(l.Value.DefaultMetadata) }},
		{"OVERRIDE METADATA", func(l line) string { return jsonText(l.Value.OverrideMetadata) }},
		{"DEFAULT RULES", func(l line) string { return jsonText(l.Value.DefaultRuleSet) }},
		{"OVERRIDE RULES", func(l line) string { return jsonText(l.Value.OverrideRuleSet) }},
	}
}

func (c *cli) schemaMode() *cobra.Command {
	cmd := &cobra.Command{
		Use: "mode [SUBJECT]", Short: "Show or set what may be written into a subject, or into all", Args: cobra.MaximumNArgs(1), ValidArgsFunction: c.subjects(),
		Example: "  weir schema mode membership.users.v1-value --set READONLY",
	}
	s := addSettingFlags(cmd, "the mode to be", modes())
	force := cmd.Flags().Bool("force", false, "IMPORT also where there are schemas")
	return c.registryWrite(cmd, func(ctx context.Context, r *client.Registry, args []string) error {
		subject := subjectOf(args)
		if err := s.check(ctx, r, subject); err != nil {
			return err
		}
		if s.set != "" {
			if err := r.SetMode(ctx, subject, client.ModeChange{Mode: s.set, Force: *force}); err != nil {
				return err
			}
		}
		if s.unset {
			if err := r.DeleteMode(ctx, subject); err != nil && client.RegistryCode(err) != client.CodeNoMode {
				return err
			}
		}
		type line = setting[string]
		now, err := own(ctx, subject, client.CodeNoMode, r.Mode)
		if err != nil {
			return err
		}
		return printOne(c, now, []column[line]{
			{"SUBJECT", func(l line) string { return l.Subject }},
			{"MODE", func(l line) string { return l.Value }},
			{"SET FOR", func(l line) string { return "the " + l.Of }},
		})
	})
}
