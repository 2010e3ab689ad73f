//! What `validate` found, as JSON: the same facts that the text shows.

use fle_conformance::history::account::name;
use fle_conformance::history::findings::Findings;
use fle_conformance::history::judge::Outcome;
use fle_conformance::history::log::{Logs, Source};
use fle_conformance::history::oddities::Oddity;
use fle_conformance::history::outage::{
    Answer, Cause, Doubt, Evidence, Missing, Outage, Whose, words,
};
use fle_conformance::history::rebuild::History;
use fle_conformance::history::steps::steps;
use fle_conformance::history::timeline;
use serde_json::{Value, json};

/// All of it.
pub(super) fn of(findings: &Findings) -> Value {
    let Findings {
        logs,
        verdict,
        history,
        oddities,
        answer,
    } = findings;
    let files: Vec<_> = logs.files.iter().map(file_as_json).collect();
    let path = |file: usize| &logs.files[file].path;
    let objections: Vec<_> = verdict
        .objections
        .iter()
        .map(|it| {
            json!({"sid": it.sid.0, "file": path(it.at.file), "line": it.at.line, "why": it.why})
        })
        .collect();
    let unjudged: Vec<_> = verdict
        .unjudged
        .iter()
        .map(|it| {
            json!({"sid": it.sid.map(|sid| sid.0), "file": path(it.at.file), "line": it.at.line,
                "why": it.why, "absent": it.absent.as_ref().map(ToString::to_string)})
        })
        .collect();
    let elections: Vec<_> = (0..history.elections.len())
        .map(|index| election_as_json(index, logs, history, oddities))
        .collect();
    let general = oddities.iter().filter(|it| it.election.is_none());
    json!({
        "answer": answer_as_json(answer),
        "allowed": verdict.outcome() == Outcome::Allowed,
        "verdict": name(verdict.outcome()),
        "voters": verdict.voters.iter().map(|sid| sid.0).collect::<Vec<_>>(),
        "quorum": format!("{:?}", verdict.quorum),
        "files": files,
        "notes": logs.notes,
        "elections": elections,
        "oddities": general.map(|it| &it.what).collect::<Vec<_>>(),
        "objections": objections,
        "unjudged": unjudged,
    })
}

fn file_as_json(it: &Source) -> Value {
    let not_understood: Vec<_> = it
        .not_understood
        .iter()
        .map(|(part, sample)| {
            json!({"part": part.name(), "count": sample.count, "line": sample.line,
                "first": sample.text})
        })
        .collect();
    let lost: Vec<_> = it
        .lost
        .iter()
        .map(|lost| json!({"line": lost.line, "says": lost.text}))
        .collect();
    json!({
        "file": it.path,
        "sid": it.sids.first().map(|sid| sid.0),
        "sids": it.sids.iter().map(|sid| sid.0).collect::<Vec<_>>(),
        "lines": it.lines,
        "skipped": it.lines - it.events,
        "untimed": it.untimed,
        "not_understood": not_understood,
        "lost": lost,
    })
}

fn election_as_json(index: usize, logs: &Logs, history: &History, oddities: &[Oddity]) -> Value {
    let election = &history.elections[index];
    let zero = election.starts(logs);
    let steps: Vec<_> = steps(election, logs)
        .iter()
        .filter_map(|step| {
            let what = timeline::words(&step.what, logs)?;
            let ms = timeline::since(zero, step.time).and_then(|ms| i64::try_from(ms).ok());
            Some(json!({"ms": ms, "sid": step.sid.0, "what": what}))
        })
        .collect();
    let odd = oddities.iter().filter(|it| it.election == Some(index));
    json!({
        "started": zero.map(|time| time.to_string()),
        "vote": election.vote,
        "why": timeline::why(election),
        "steps": steps,
        "oddities": odd.map(|it| &it.what).collect::<Vec<_>>(),
    })
}

fn answer_as_json(answer: &Answer) -> Value {
    json!({
        "outages": answer.outages.iter().map(outage_as_json).collect::<Vec<_>>(),
        "leader": answer.leader.map(|sid| sid.0),
        "certain": answer.is_certain,
        "timed": answer.is_timed,
        "conclusion": words::conclusion(answer),
    })
}

fn outage_as_json(outage: &Outage) -> Value {
    let whose = match outage.whose {
        Whose::Ensemble => "ensemble",
        Whose::Server(_) => "server",
        Whose::ServerAtLeast(_) => "server_at_least",
    };
    json!({
        "what": words::headline(outage),
        "whose": whose,
        "server": outage.whose.server().map(|sid| sid.0),
        "from": outage.from.to_string(),
        "until": outage.until.map(|time| time.to_string()),
        "seconds": outage.lasted().as_secs_f64(),
        "doubt": outage.doubt.as_ref().map(doubt_as_json),
        "before": outage.before.map(|sid| sid.0),
        "after": outage.after.map(|sid| sid.0),
        "causes": outage.causes.iter().map(cause_as_json).collect::<Vec<_>>(),
        "missing": outage.missing.iter().map(missing_as_json).collect::<Vec<_>>(),
    })
}

fn doubt_as_json(it: &Doubt) -> Value {
    let servers: Vec<i64> = it.servers.iter().map(|sid| sid.0).collect();
    json!({"since": it.since.to_string(), "until": it.until.to_string(), "servers": servers})
}

fn cause_as_json(cause: &Cause) -> Value {
    json!({
        "kind": cause.kind,
        "what": cause.what,
        "do": cause.remedy,
        "servers": cause.servers.iter().map(|sid| sid.0).collect::<Vec<_>>(),
        "lines": cause.lines,
        "evidence": cause.evidence.as_ref().map(evidence_as_json),
    })
}

fn missing_as_json(missing: &Missing) -> Value {
    json!({
        "sid": missing.sid.0,
        "what": missing.what,
        "evidence": missing.evidence.as_ref().map(evidence_as_json),
    })
}

fn evidence_as_json(it: &Evidence) -> Value {
    json!({"sid": it.sid.0, "file": it.file, "line": it.line, "says": it.says})
}
