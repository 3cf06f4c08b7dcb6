package main

import (
	"fmt"
	"strconv"
	"strings"
)

// A Section is [template] of a resource: as much of TOML as resources need, which is strings, numbers and arrays of
// strings.
type Section map[string][]string

func (s Section) texts(name string) []string { return s[name] }

func (s Section) text(name string) string {
	if len(s[name]) != 1 {
		return ""
	}
	return s[name][0]
}

func (s Section) number(name string, otherwise int) int {
	if number, err := strconv.Atoi(s.text(name)); err == nil && number >= 0 {
		return number
	}
	return otherwise
}

func parseTemplateSection(text string) (Section, error) {
	section, inside := make(Section), false
	for rest := text; ; {
		rest = skipBlank(rest)
		if rest == "" {
			return section, nil
		}
		if rest[0] == '[' {
			line, after, _ := strings.Cut(rest, "\n")
			inside, rest = strings.TrimSpace(line) == "[template]", after
			continue
		}
		name, after, found := strings.Cut(rest, "=")
		if !found {
			return nil, fmt.Errorf("no value: %.40q", rest)
		}
		values, left, err := parseValue(skipBlank(after))
		if err != nil {
			return nil, err
		}
		if rest = left; inside {
			section[strings.TrimSpace(name)] = values
		}
	}
}

// skipBlank skips white space and comments.
func skipBlank(text string) string {
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		if !strings.HasPrefix(text, "#") {
			return text
		}
		_, text, _ = strings.Cut(text, "\n")
	}
}

func parseValue(text string) (values []string, rest string, err error) {
	if !strings.HasPrefix(text, "[") {
		value, rest, err := parseScalar(text)
		return []string{value}, rest, err
	}
	for rest = skipBlank(text[1:]); !strings.HasPrefix(rest, "]"); rest = skipBlank(strings.TrimPrefix(skipBlank(rest), ",")) {
		var value string
		if value, rest, err = parseScalar(rest); err != nil {
			return nil, "", err
		}
		values = append(values, value)
	}
	return values, rest[1:], nil
}

func parseScalar(text string) (value, rest string, err error) {
	if strings.HasPrefix(text, "'") {
		value, rest, found := strings.Cut(text[1:], "'")
		if !found {
			return "", "", fmt.Errorf("no end: %.40q", text)
		}
		return value, rest, nil
	}
	if strings.HasPrefix(text, `"`) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return "", "", fmt.Errorf("no string: %.40q", text)
		}
		value, err = strconv.Unquote(quoted)
		return value, text[len(quoted):], err
	}
	end := strings.IndexAny(text+"\n", ", \t\r\n]#")
	if end == 0 {
		return "", "", fmt.Errorf("no value: %.40q", text)
	}
	return text[:end], text[end:], nil
}
