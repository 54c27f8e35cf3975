//! What the rules look at: everything observed of one subject, with what follows from it worked out once.
//!
//! Knows how to read a raw answer as a layout, a format and values. Must never decide whether anything is
//! right.

use std::collections::BTreeMap;

use bufcheck_model::case::ExporterCase;
use bufcheck_model::observation::{Answer, Content, Death, Made, Refusal, Sweep, View, read_layout};
use bufcheck_protocol::format::{Format, FormatError, Platform};
use bufcheck_protocol::layout::{Layout, LayoutClass, LayoutProblem};
use bufcheck_protocol::request::{Request, WellFormed};
use bufcheck_protocol::widest::WIDEST;

/// Everything observed of one subject on one interpreter.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What its author says about it.
    pub declared: &'a ExporterCase,
    /// What the worker learned about the object.
    pub made: &'a Made,
    /// Sizes and byte order where it was observed.
    pub platform: &'a Platform,
    /// Version of the interpreter: major, minor, micro.
    pub python: [u32; 3],
    /// The sweeps, one for each object that was made; never empty, but a sweep may hold no answer.
    pub sweep: &'a Sweep,
    /// The deaths on the way.
    pub deaths: &'a [Death],
    /// For each answer of the sweep: what follows from it, if it is a view.
    facts: Vec<Option<Facts>>,
    /// The memory as the widest granted request shows it.
    native: Option<Native>,
    writable: bool,
}

/// What follows from one distinct view.
#[derive(Debug)]
pub struct Facts {
    /// Shape, strides and suboffsets, read as the protocol says: no shape means `len` single bytes, no
    /// strides means C order.
    pub layout: Result<Layout, LayoutProblem>,
    /// The format, if there is one that could be read as a string.
    pub format: Option<Result<Format, FormatError>>,
}

/// The memory as the exporter's widest answer shows it.
#[derive(Debug, Clone)]
pub struct Native {
    /// The request that was granted.
    pub request: Request,
    /// Index of its answer.
    pub answer: u32,
    /// Its layout.
    pub layout: Layout,
    /// Its layout class.
    pub class: LayoutClass,
}

/// One request and the view that was granted.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// Everything else.
    pub evidence: &'a Evidence<'a>,
    /// The request.
    pub request: Request,
    /// The view.
    pub view: &'a View,
    /// What follows from the view.
    pub facts: &'a Facts,
    /// The content read through it.
    pub content: Option<&'a Content>,
}

/// One request and its refusal.
#[derive(Debug, Clone, Copy)]
pub struct Denial<'a> {
    /// Everything else.
    pub evidence: &'a Evidence<'a>,
    /// The request.
    pub request: Request,
    /// The refusal.
    pub refusal: &'a Refusal,
}

impl<'a> Evidence<'a> {
    /// Works out what follows from the observations.
    pub fn new(
        declared: &'a ExporterCase,
        made: &'a Made,
        platform: &'a Platform,
        python: [u32; 3],
        sweep: &'a Sweep,
        deaths: &'a [Death],
    ) -> Self {
        let mut formats = BTreeMap::new();
        let facts: Vec<_> = sweep
            .answers
            .iter()
            .map(|answer| match answer {
                Answer::Granted(view) => Some(Facts::of(view, &mut formats)),
                Answer::Refused(_) => None,
            })
            .collect();
        let mut evidence = Self {
            declared,
            made,
            platform,
            python,
            sweep,
            deaths,
            facts,
            native: None,
            writable: false,
        };
        evidence.native = evidence.find_native();
        let writable = evidence.grants().any(|grant| {
            grant.request.wants_writable() && grant.request.well_formed() != WellFormed::Malformed
        });
        evidence.writable = writable;
        evidence
    }

    /// The memory as the widest granted request shows it; `None` if no request with a shape was granted, or
    /// none gave a layout that makes sense.
    pub fn native(&self) -> Option<&Native> {
        self.native.as_ref()
    }

    /// The view that shows the native memory.
    pub fn native_grant(&self) -> Option<Grant<'_>> {
        let native = self.native.as_ref()?;
        self.grant(native.request, native.answer)
    }

    /// Whether any request with `WRITABLE` was granted.
    pub fn grants_writable(&self) -> bool {
        self.writable
    }

    /// Whether the bytes of two moments may be compared: nobody says, nor was it seen, that they change by themselves.
    pub fn is_steady(&self) -> bool {
        self.declared.volatile != Some(true) && self.sweep.volatile.is_none()
    }

    /// Whether references that a request added or took are more than garbage: every round that changed their number
    /// at all left some behind, or owed some, once the collector had run.
    pub fn keeps_references(&self) -> bool {
        let mut kept = self.sweep.rounds.iter().filter_map(|round| round.references);
        let first = kept.clone().next();
        kept.all(|change| change != 0 && Some(change.signum()) == first.map(i64::signum))
    }

    /// Every distinct pair of request and answer that was a grant, over all rounds.
    pub fn grants(&self) -> impl Iterator<Item = Grant<'_>> {
        self.asked()
            .filter_map(|(request, answer)| self.grant(request, answer))
    }

    /// Every distinct pair of request and answer that was a refusal, over all rounds.
    pub fn denials(&self) -> impl Iterator<Item = Denial<'_>> {
        self.asked()
            .filter_map(|(request, answer)| self.denial(request, answer))
    }

    /// Every distinct pair of request and index of an answer, request by request.
    pub fn asked(&self) -> impl Iterator<Item = (Request, u32)> {
        self.sweep
            .requests
            .iter()
            .enumerate()
            .flat_map(|(position, flags)| {
                let rounds = &self.sweep.rounds;
                rounds.iter().enumerate().filter_map(move |(number, round)| {
                    let answer = (*round.answers.get(position)?)?;
                    let seen = rounds[..number]
                        .iter()
                        .any(|earlier| earlier.answers.get(position) == Some(&Some(answer)));
                    (!seen).then_some((Request::new(*flags), answer))
                })
            })
    }

    /// The answers to one request, one for each round in which it was asked.
    pub fn rounds_of(&self, request: Request) -> impl Iterator<Item = u32> {
        let position = self
            .sweep
            .requests
            .iter()
            .position(|flags| *flags == request.flags());
        self.sweep
            .rounds
            .iter()
            .filter_map(move |round| *round.answers.get(position?)?)
    }

    /// The first grant of a request, if it was granted in any round.
    pub fn granted(&self, request: Request) -> Option<Grant<'_>> {
        self.rounds_of(request)
            .find_map(|answer| self.grant(request, answer))
    }

    /// The first refusal of a request, if it was refused in any round.
    pub fn refused(&self, request: Request) -> Option<Denial<'_>> {
        self.rounds_of(request)
            .find_map(|answer| self.denial(request, answer))
    }

    /// This answer as a grant.
    pub fn grant(&self, request: Request, answer: u32) -> Option<Grant<'_>> {
        let Some(Answer::Granted(view)) = self.sweep.answers.get(answer as usize) else {
            return None;
        };
        let facts = self.facts.get(answer as usize)?.as_ref()?;
        let content = view
            .content
            .and_then(|index| self.sweep.contents.get(index as usize));
        Some(Grant {
            evidence: self,
            request,
            view,
            facts,
            content,
        })
    }

    /// This answer as a refusal.
    pub fn denial(&self, request: Request, answer: u32) -> Option<Denial<'_>> {
        match self.sweep.answers.get(answer as usize)? {
            Answer::Refused(refusal) => Some(Denial {
                evidence: self,
                request,
                refusal,
            }),
            Answer::Granted(_) => None,
        }
    }

    fn find_native(&self) -> Option<Native> {
        WIDEST.iter().find_map(|flags| {
            let request = Request::new(*flags);
            self.rounds_of(request).find_map(|answer| {
                let layout = self
                    .facts
                    .get(answer as usize)?
                    .as_ref()?
                    .layout
                    .as_ref()
                    .ok()?
                    .clone();
                let class = layout.class();
                Some(Native {
                    request,
                    answer,
                    layout,
                    class,
                })
            })
        })
    }
}

impl Facts {
    fn of(view: &View, formats: &mut BTreeMap<String, Result<Format, FormatError>>) -> Self {
        let format = view.format.ascii().map(|text| {
            formats
                .entry(text.to_owned())
                .or_insert_with(|| Format::parse(text))
                .clone()
        });
        Self {
            layout: read_layout(view),
            format,
        }
    }
}
